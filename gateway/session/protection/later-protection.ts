import { FtteError } from '../../platform';
import type { Identity } from '../../security';
import type { Delivery, Will } from '../../transport';
import { type MessageProtection, type ProtectionLink, partOverheadBytes } from './message-protection';

/**
 * A protection whose keys are read while the session is made already. It is given (`set`) before the session starts; messages
 * of roles that come earlier wait for it.
 */
export class LaterProtection implements MessageProtection {
  readonly overheadBytes = partOverheadBytes;
  readonly hasMembers = true;
  private protection: MessageProtection | undefined;
  private readonly waiting = new Set<{
    begin(protection: MessageProtection): void;
    fail(error: Error): void;
  }>();

  set(protection: MessageProtection): void {
    this.protection = protection;
    for (const { begin } of this.waiting) begin(protection);
    this.waiting.clear();
  }

  get updateCounter(): number | undefined {
    return this.protection?.updateCounter;
  }

  get identity(): Identity | undefined {
    return this.protection?.identity;
  }

  memberKey(gateway: string): Uint8Array | undefined {
    return this.protection?.memberKey?.(gateway);
  }

  admission(): Promise<void> | undefined {
    if (this.protection) return this.protection.admission();
    return Promise.resolve(this.later((protection) => protection.admission()));
  }

  countUpdates(next: (gateway: string) => number): void {
    Promise.resolve(this.later((protection) => protection.countUpdates(next))).catch(() => undefined);
  }

  /** The payload is made when the transport connects, which is later. */
  protectWill(will: Will): Will {
    const payload = () => this.required().protectWill(will).payload;
    return {
      ...will,
      get payload() {
        return payload();
      },
    };
  }

  start(link: ProtectionLink): void {
    this.required().start(link);
  }

  stop(): void {
    this.protection?.stop();
    for (const { fail } of this.waiting)
      fail(new FtteError('offline', 'the session ended before it had its keys'));
    this.waiting.clear();
  }

  protect(topic: string, bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.later((protection) => protection.protect(topic, bytes));
  }

  open(delivery: Delivery): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    return this.required().open(delivery);
  }

  private later<T>(use: (protection: MessageProtection) => T | Promise<T>): T | Promise<T> {
    if (this.protection) return use(this.protection);
    return new Promise((resolve, reject) => {
      const begin = (protection: MessageProtection) => {
        try {
          resolve(use(protection));
        } catch (error) {
          reject(error);
        }
      };
      this.waiting.add({ begin, fail: reject });
    });
  }

  private required(): MessageProtection {
    if (this.protection) return this.protection;
    throw new FtteError('not-ready', 'the keys of this gateway have not been read yet');
  }
}
