import { sign1 } from '../cose/sign1';
import { externalData } from '../cose/structure';
import type { Identity } from '../keys/identity';
import { bigEndian, Sealer } from '../pair/sealing';
import { type Entropy, systemEntropy } from '../text/bytes';
import { groupMaterial } from './group-material';
import { type GroupSecret, groupSecretBytes } from './welcome';

/** Options of a `GroupSender`. */
export interface GroupSenderOptions {
  readonly identity: Identity;
  readonly federation: string;
  /** The first epoch: the run of the coordinator, so that epochs differ from those of earlier runs. */
  readonly epoch: number;
  readonly entropy?: Entropy;
}

/** The coordinator's side of the group key: signs and seals broadcasts (P-21), with a new key in each run (P-22). */
export class GroupSender {
  private current: GroupSecret;
  private sealer: Sealer;
  private readonly entropy: Entropy;

  constructor(private readonly options: GroupSenderOptions) {
    this.entropy = options.entropy ?? systemEntropy;
    ({ current: this.current, sealer: this.sealer } = this.begin(options.epoch));
  }

  /** The key that members receive in their welcome. */
  get secret(): GroupSecret {
    return this.current;
  }

  /**
   * Changes the key, after a member was revoked. Every other member needs a welcome before the next broadcast; what is
   * retained has to be published again.
   */
  rotate(): GroupSecret {
    ({ current: this.current, sealer: this.sealer } = this.begin(this.current.epoch + 1));
    return this.current;
  }

  /** A broadcast: signed for its topic, epoch and counter, and then sealed. @throws SecurityError as `Sealer.seal` */
  seal(topic: string, payload: Uint8Array): Uint8Array {
    const { epoch } = this.current;
    return this.sealer.seal(topic, (counter) =>
      sign1(this.options.identity, payload, externalData(topic, epoch, counter)),
    );
  }

  private begin(epoch: number): { current: GroupSecret; sealer: Sealer } {
    const { federation, identity } = this.options;
    const current = { epoch, secret: this.entropy(groupSecretBytes) };
    const material = groupMaterial(current, federation, identity.publicKey);
    return { current, sealer: new Sealer(material, bigEndian(epoch)) };
  }
}
