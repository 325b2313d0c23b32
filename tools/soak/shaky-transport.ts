import type { Clock, Random } from '../../gateway/platform';
import type { Delivery, Transport } from '../../gateway/transport';

/** Wraps a transport so that deliveries come late, twice, and in another order, until `calm` is called. */
export function shaky(transport: Transport, clock: Clock, random: Random): Transport & { calm: () => void } {
  let isCalm = false;
  const shaken = (handler: (delivery: Delivery) => void) => (delivery: Delivery) => {
    if (isCalm) return handler(delivery);
    const times = random.uniform() < 0.1 ? 2 : 1;
    for (let i = 0; i < times; i++) {
      // Each receiver owns its payload.
      const own = { ...delivery, payload: delivery.payload.slice() };
      if (random.uniform() < 0.2) clock.after(random.uniform() * 200, () => handler(own));
      else handler(own);
    }
  };
  return {
    get state() {
      return transport.state;
    },
    get maxPayloadBytes() {
      return transport.maxPayloadBytes;
    },
    get lastError() {
      return transport.lastError;
    },
    onState: (listener) => transport.onState(listener),
    open: () => transport.open(),
    publish: async (topic, payload, options) => {
      const copy = payload.slice();
      await transport.publish(topic, payload, options);
      // A sender that missed the acknowledgement sends again.
      if (!isCalm && !options?.retain && random.uniform() < 0.05) {
        await transport.publish(topic, copy, options).catch(() => undefined);
      }
    },
    subscribe: (filter, handler) => transport.subscribe(filter, shaken(handler)),
    close: () => transport.close(),
    calm: () => {
      isCalm = true;
    },
  };
}
