import { readEncrypt0 } from '../cose/encrypt0';
import { readSign1 } from '../cose/sign1';
import { externalData } from '../cose/structure';
import type { PublicKey } from '../keys/public-key';
import { bigEndian, type Opened, Opener } from '../pair/sealing';
import { SecurityError } from '../rules/security-error';
import { equalBytes, hexOf } from '../text/bytes';
import { groupMaterial } from './group-material';
import type { GroupSecret } from './welcome';

interface Epoch extends GroupSecret {
  readonly opener: Opener;
}

/** A member's side of the group key: opens broadcasts of the newest two epochs, and verifies the coordinator's signature. */
export class GroupReceiver {
  private epochs: readonly Epoch[] = [];

  constructor(
    private readonly federation: string,
    private readonly coordinator: PublicKey,
  ) {}

  /** Takes the key of a welcome. The same key again does not forget which messages have come. */
  welcome({ epoch, secret }: GroupSecret): void {
    const known = this.epochs.find((other) => other.epoch === epoch && equalBytes(other.secret, secret));
    const material = groupMaterial({ epoch, secret }, this.federation, this.coordinator);
    const newest = known ?? { epoch, secret: Uint8Array.from(secret), opener: new Opener(material) };
    const [before] = this.epochs.filter((other) => other !== known && other.epoch !== epoch);
    this.epochs = before ? [newest, before] : [newest];
  }

  /**
   * @param mayRepeat the topic is retained, so its newest message may come again
   * @throws SecurityError `unknown-epoch` if the key is not known: a new welcome is needed; `forged`, `repeated`
   */
  open(topic: string, bytes: Uint8Array, mayRepeat = false): Uint8Array {
    const sealed = readEncrypt0(bytes);
    const { keyId = new Uint8Array(0) } = sealed.headers;
    const epoch = this.epochs.find((known) => equalBytes(bigEndian(known.epoch), keyId));
    if (!epoch)
      throw new SecurityError(
        'unknown-epoch',
        `no group key of epoch ${hexOf(keyId)}, expected a welcome before`,
      );
    let content = new Uint8Array(0);
    // Every member has the group key: a counter counts only if the coordinator has signed it.
    const check = ({ payload, counter }: Opened) => {
      const signed = readSign1(payload);
      signed.verify(this.coordinator, externalData(topic, epoch.epoch, counter));
      content = Uint8Array.from(signed.payload);
    };
    epoch.opener.open(topic, sealed, { mayRepeat, check });
    return content;
  }
}
