import {
  type Committee,
  type Deposit,
  Helper,
  type HelperAnswer,
  HelperDesk,
  type HelperOffer,
  makeOffer,
  type OpeningRequest,
  openDeposit,
} from '../../masking';
import { runAsync, runSync, type YieldToEventLoop } from '../../platform';
import { EphemeralKey, hexOf, type Identity, systemEntropy } from '../../security';
import { HelperFile } from './helper-file';

/** Options of `Helping`. */
export interface HelpingOptions {
  readonly federation: string;
  readonly gateway: string;
  /** The key pair of the gateway, once it is read. */
  readonly identity: () => Identity | undefined;
  /** Undefined: nothing is on disk. */
  readonly path: string | undefined;
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
}

/** A gateway as a helper: it keeps the seeds of others, and opens sums of their updates with other helpers. */
export class Helping {
  private readonly file: HelperFile;
  private sealing: Uint8Array = systemEntropy(32);
  private key = keyOf(this.sealing);
  private epoch = '';
  /** Number of the newest committee. */
  private number = -1;
  private desk: HelperDesk | undefined;
  private committee: Committee | undefined;
  private index = -1;
  private readonly seeds = new Map<string, Uint8Array>();
  private readonly identities = new Map<string, string>();
  private reserved = new Map<string, string>();

  constructor(private readonly options: HelpingOptions) {
    this.file = new HelperFile(options.path);
  }

  /** Reads what an earlier run has left. @throws FtteError `storage` */
  async open(): Promise<void> {
    for (const record of await this.file.read()) {
      if (record.kind === 'key') {
        this.sealing = Uint8Array.from(Buffer.from(record.sealing, 'hex'));
        this.key = keyOf(this.sealing);
        this.epoch = record.epoch;
        this.number = record.number;
      } else if (record.kind === 'list')
        for (const name of record.names) this.reserved.set(name, record.digest);
      else {
        this.identities.set(record.gateway, record.identity);
        for (const [index, seed] of record.seeds)
          this.seeds.set(
            `${record.gateway} ${record.setup} ${index}`,
            Uint8Array.from(Buffer.from(seed, 'hex')),
          );
      }
    }
  }

  /** The offer to help. Undefined before the key of the gateway is read. */
  get offer(): HelperOffer | undefined {
    const { federation, gateway } = this.options;
    const identity = this.options.identity();
    return identity && makeOffer(identity, federation, gateway, this.key.publicBytes);
  }

  /** Takes a committee. Seeds and reservations of an earlier one are erased. @throws FtteError `storage` */
  async take(committee: Committee): Promise<void> {
    const { gateway, federation } = this.options;
    const identity = this.options.identity();
    const index = committee.indexOf(gateway);
    // With another key in it, this gateway has lost what it must not forget, and is no helper.
    const isOwn =
      index >= 0 && hexOf(committee.content.helpers[index]!.sealing) === hexOf(this.key.publicBytes);
    // An earlier committee would come back without what was signed in it.
    const isNewest = committee.epoch === this.epoch || committee.content.number > this.number;
    this.committee = isOwn && isNewest ? committee : undefined;
    this.index = index;
    this.desk = undefined;
    if (!this.committee || !identity) return;
    const { number } = committee.content;
    if (committee.epoch !== this.epoch) {
      for (const known of [this.seeds, this.identities, this.reserved]) known.clear();
      await this.file.begin([{ kind: 'key', sealing: hexOf(this.sealing), epoch: committee.epoch, number }]);
      this.epoch = committee.epoch;
      this.number = number;
    }
    const sign = (bytes: Uint8Array) => identity.sign(bytes);
    this.desk = new HelperDesk({
      helper: new Helper({ committee, index, sign }, this.reserved),
      federation,
      fewest: committee.fewest,
      seedOf: (of, setup, seed) => this.seeds.get(`${of} ${setup} ${seed}`),
    });
  }

  /** Keeps the seeds of a gateway. @returns false if they are not for this helper, or of another key than before */
  async keep(deposit: Deposit): Promise<boolean> {
    const { committee, index, key } = this;
    const seeds = committee && openDeposit(deposit, committee, index, key);
    const identity = hexOf(deposit.identity);
    const { gateway, setup } = deposit;
    if (!seeds || (this.identities.get(gateway) ?? identity) !== identity) return false;
    await this.file.add({
      kind: 'seeds',
      gateway,
      setup,
      identity,
      seeds: [...seeds].map(([at, seed]) => [at, hexOf(seed)]),
    });
    this.identities.set(gateway, identity);
    for (const [at, seed] of seeds) this.seeds.set(`${gateway} ${setup} ${at}`, seed);
    return true;
  }

  /** Answers a request; what it reserves is on disk by then. Undefined: this gateway is no helper of the committee. */
  async answer(epoch: string, request: OpeningRequest): Promise<HelperAnswer | undefined> {
    const { desk, committee, reserved } = this;
    if (!desk || committee?.epoch !== epoch) return undefined;
    const before = reserved.size;
    const { yieldToEventLoop } = this.options;
    const steps = desk.answer(request);
    const answer = yieldToEventLoop ? await runAsync(steps, yieldToEventLoop) : runSync(steps);
    if (reserved.size > before) {
      const added = [...reserved].slice(before);
      await this.file.add({ kind: 'list', digest: answer.digest, names: added.map(([name]) => name) });
    }
    return answer;
  }
}

const keyOf = (sealing: Uint8Array) => new EphemeralKey(() => sealing);
