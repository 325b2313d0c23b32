import { type Log, messageOf } from '../../platform';
import type { Delivery, Transport } from '../../transport';
import { type Message, type RoleMessageType, routes } from '../../wire';
import { idOf, named } from '../topics/message-name';

/** Facts about the arrival of a message. */
export type Info = { readonly bytes: number; readonly retained: boolean };
type Handler = (message: Message<RoleMessageType>, info: Info) => void;

/** The subscription to one type of message, whatever the number of its handlers. */
interface TypeSubscription {
  readonly feed: Promise<() => Promise<void>>;
  /** The broker has confirmed the subscription. */
  confirmed: boolean;
  /** Ends what asks the broker to wait for an answer to each message; undefined: nothing does. */
  confirming?: Promise<() => Promise<void>>;
  handlers: readonly Handler[];
}

export interface TypeSubscriptionsOptions {
  readonly transport: Transport;
  readonly log: Log;
  /** The topic filter of a type. */
  readonly filter: (type: RoleMessageType) => string;
  /** Receives what comes on the topics. */
  readonly deliver: (delivery: Delivery) => void;
}

/** The subscriptions of a session: one at the broker for each type of message, with any number of handlers. */
export class TypeSubscriptions {
  private readonly subscriptions = new Map<RoleMessageType, TypeSubscription>();
  private readonly ends = new Set<() => Promise<void>>();

  constructor(private readonly options: TypeSubscriptionsOptions) {}

  /** Resolves once subscribed. The returned function ends it. */
  async add<T extends RoleMessageType>(
    type: T,
    handler: (message: Message<T>, info: Info) => void,
  ): Promise<() => Promise<void>> {
    const { transport, filter } = this.options;
    // `dispatch` gives this handler only messages of `type`.
    const entry: Handler = (message, info) => handler(message as Message<T>, info);
    const subscription = this.subscriptionTo(type);
    subscription.handlers = [...subscription.handlers, entry];
    let ended = false;
    const end = async () => {
      if (ended) return;
      ended = true;
      this.ends.delete(end);
      subscription.handlers = subscription.handlers.filter((other) => other !== entry);
      if (subscription.handlers.length > 0) return;
      if (this.subscriptions.get(type) === subscription) this.subscriptions.delete(type);
      const { feed, confirming } = subscription;
      const over = feed.then((unsubscribe) => unsubscribe());
      // It may wait for a connection that never comes, or have failed: nobody waits for it.
      confirming?.then((unsubscribe) => unsubscribe()).catch(() => undefined);
      // Without a connection there is nothing to end yet, so nobody has to wait.
      if (subscription.confirmed) await over;
      else over.catch(() => undefined);
    };
    this.ends.add(end);
    try {
      await subscription.feed;
      // A second listener also receives what is retained: subscribing again makes the broker repeat it.
      if (subscription.handlers[0] !== entry && routes[type].retain)
        await (
          await transport.subscribe(filter(type), () => undefined, {
            qos: routes[type].subscribedQos,
          })
        )();
      return end;
    } catch (error) {
      if (this.subscriptions.get(type) === subscription) this.subscriptions.delete(type);
      this.ends.delete(end);
      throw error;
    }
  }

  /** From now on the broker waits for an answer to each message of a type, until nobody subscribes to it. */
  confirmEach(type: RoleMessageType): void {
    const { transport, filter, log } = this.options;
    const subscription = this.subscriptions.get(type);
    if (!subscription || subscription.confirming || routes[type].subscribedQos === 1) return;
    const confirming = transport.subscribe(filter(type), () => undefined, { qos: 1 });
    subscription.confirming = confirming;
    confirming.catch((error) => {
      log.debug?.(messageOf(error));
      // The next request tries it again.
      if (subscription.confirming === confirming) delete subscription.confirming;
    });
  }

  /** Gives a message to the handlers of its type. A handler that throws is logged, and does not keep it from others. */
  dispatch(message: Message<RoleMessageType>, info: Info): void {
    const { log } = this.options;
    log.debug?.(
      `received ${named(message.type, idOf(message).id)} from ${message.sender}: ${info.bytes} bytes${info.retained ? ', retained' : ''}`,
    );
    for (const handler of this.subscriptions.get(message.type)?.handlers ?? []) {
      try {
        handler(message, info);
      } catch (error) {
        log.error(
          `the handler of ${message.type} from ${message.sender} failed: ${messageOf(error)}`,
          'unexpected',
        );
      }
    }
  }

  async endAll(): Promise<void> {
    await Promise.allSettled([...this.ends].map((end) => end()));
  }

  private subscriptionTo(type: RoleMessageType): TypeSubscription {
    const known = this.subscriptions.get(type);
    if (known) return known;
    const { transport, filter, deliver } = this.options;
    const feed = transport.subscribe(filter(type), deliver, { qos: routes[type].subscribedQos });
    const subscription: TypeSubscription = { feed, confirmed: false, handlers: [] };
    feed.then(
      () => {
        subscription.confirmed = true;
      },
      () => undefined,
    );
    this.subscriptions.set(type, subscription);
    return subscription;
  }
}
