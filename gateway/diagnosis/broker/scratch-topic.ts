import { type Finding, failed, found, ok, warning } from '../report/finding';
import type { BrokerClient } from './broker-client';
import type { BrokerTarget } from './target';

/** The largest piece in which a message is sent by default, bytes; all brokers accept it that are left as they came. */
const usualBytes = 128 * 1024;
/** Smaller pieces have no room for a message. */
const leastBytes = 2 * 1024;
/** Time for a message to come back, ms. */
const backMs = 2000;

/**
 * A topic of a federation that no role reads, and that rules allow which let a gateway write below its own id. What the broker
 * does with messages is checked on it.
 */
export class ScratchTopic {
  private readonly topic: string;

  /** @param id of a gateway as which this user may write */
  constructor(
    private readonly client: BrokerClient,
    { federation }: BrokerTarget,
    id: string,
  ) {
    this.topic = `ftte/v1/${federation}/gw/${id}/doctor`;
  }

  /**
   * Checks whether the broker keeps retained messages. It leaves none behind.
   * @param wereSeen a retained message of the federation has come
   */
  async checkRetained(wereSeen: boolean): Promise<Finding> {
    const check = 'retained messages';
    const kept = ok(check, found('retained', {}));
    const retains = warning(check, found('retained-not', {}), 'retained');
    if (this.client.limits?.retainAvailable === false) return retains;
    if (wereSeen) return kept;
    if (!(await this.isReadable()))
      return warning(check, found('retained-unknown', { topic: this.topic }), 'retained-unknown');
    try {
      const { client, topic } = this;
      await client.publish(topic, new Uint8Array([1]), true);
      const back = client.next((message) => message.topic === topic && message.retained, backMs);
      await client.subscribe(topic);
      return (await back) ? kept : retains;
    } finally {
      await this.client.unsubscribe(this.topic);
      await this.client.publish(this.topic, new Uint8Array(0), true);
    }
  }

  /** Finds the largest message that the broker accepts, up to the size in which this software sends. */
  async checkLargest(): Promise<Finding> {
    const check = 'largest message';
    const announced = this.client.limits?.maximumPacketSize;
    const isReadable = await this.isReadable();
    let bytes = usualBytes;
    while (bytes >= leastBytes && !(await this.passes(bytes, isReadable))) bytes /= 2;
    if (bytes < leastBytes) {
      const none = found('largest-none', { kilobytes: leastBytes / 1024, topic: this.topic });
      return failed(check, none, 'largest');
    }
    const kilobytes = bytes / 1024;
    const accepts =
      announced === undefined
        ? found('largest', { kilobytes })
        : found('largest-announced', { kilobytes, announced });
    return bytes >= usualBytes ? ok(check, accepts) : warning(check, accepts, 'largest-parts');
  }

  private isReadable(): Promise<boolean> {
    return this.passes(1, true);
  }

  /** @param isReadable the message has to come back, as brokers may confirm what they drop */
  private async passes(bytes: number, isReadable: boolean): Promise<boolean> {
    const { client, topic } = this;
    if (isReadable && (await client.subscribe(topic)) !== 'accepted') return false;
    const back = client.next(
      (message) => message.topic === topic && message.payload.length === bytes,
      backMs,
    );
    if ((await client.publish(topic, new Uint8Array(bytes))) !== 'accepted') return false;
    const passed = !isReadable || (await back) !== undefined;
    await client.unsubscribe(topic);
    return passed;
  }
}
