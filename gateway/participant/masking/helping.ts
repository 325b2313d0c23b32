import {
  type Committee,
  type Deposit,
  Helper,
  type HelperAnswer,
  HelperDesk,
  type HelperOffer,
  makeOffer,
  mostSetups,
  type OpeningRequest,
  openDeposit,
} from '../../masking';
import { runAsync, runSync, type YieldToEventLoop } from '../../platform';
import { EphemeralKey, hexOf, type Identity, systemEntropy } from '../../security';
import { HelperFile, type HelperRecord } from './helper-file';

/** Options of `Helping`. */
export interface HelpingOptions {
  readonly federation: string;
  readonly gateway: string;
  /** The key pair of the gateway, once it is read. */
  readonly identity: () => Identity | undefined;
  /** Undefined: nothing is on disk. */
  readonly path: string | undefined;
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Called when the file of an earlier run is damaged. */
  readonly onProblem: (error: unknown) => void;
}

/** Most gateways whose seeds a helper keeps; the coordinator remembers as many. */
export const mostGateways = 10_000;
/** Fewest forgotten setups in the file for which it is written again. */
const fewestForgotten = 64;

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
  /** The seeds of the newest setups of each gateway, by their index. */
  private readonly setups = new Map<string, Map<string, ReadonlyMap<number, Uint8Array>>>();
  private readonly identities = new Map<string, string>();
  private readonly reserved = new Map<string, string>();
  private helper: Helper | undefined;
  /** Setups in the file that are forgotten. */
  private forgotten = 0;

  constructor(private readonly options: HelpingOptions) {
    this.file = new HelperFile(options.path, options.onProblem);
  }

  /** Reads what an earlier run has left. @throws FtteError `storage` */
  async open(): Promise<void> {
    const records = await this.file.read();
    this.setups.clear();
    this.forgotten = 0;
    for (const record of records) {
      if (record.kind === 'key') {
        this.sealing = Uint8Array.from(Buffer.from(record.sealing, 'hex'));
        this.key = keyOf(this.sealing);
        this.epoch = record.epoch;
        this.number = record.number;
      } else if (record.kind === 'list')
        for (const name of record.names) this.reserved.set(name, record.digest);
      else {
        this.identities.set(record.gateway, record.identity);
        const seeds = record.seeds.map(
          ([index, seed]) => [index, Uint8Array.from(Buffer.from(seed, 'hex'))] as const,
        );
        this.remember(record.gateway, record.setup, new Map(seeds));
      }
    }
    if (this.forgotten > 0) await this.shrink();
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
    this.index = index;
    this.committee = undefined;
    this.desk = undefined;
    this.helper = undefined;
    const { number } = committee.content;
    if (!identity) return;
    if (committee.epoch !== this.epoch) {
      // An earlier committee would come back without what was signed in it.
      if (number <= this.number) return;
      // What is known is of an earlier committee; a gateway that was in none has nothing to erase.
      if (isOwn || this.epoch !== '') {
        await this.file.begin([keyRecord(this.sealing, committee.epoch, number)]);
        this.forgotten = 0;
        for (const known of [this.setups, this.identities, this.reserved]) known.clear();
        this.epoch = committee.epoch;
        this.number = number;
      }
    }
    if (!isOwn) return;
    this.committee = committee;
    const sign = (bytes: Uint8Array) => identity.sign(bytes);
    this.helper = new Helper({ committee, index, sign }, this.reserved);
    this.desk = new HelperDesk({
      helper: this.helper,
      federation,
      fewest: committee.fewest,
      seedOf: (of, setup, seed) => this.setups.get(of)?.get(setup)?.get(seed),
    });
  }

  /** Keeps the seeds of a gateway. @returns false if they are not for this helper, or of another key than before */
  async keep(deposit: Deposit): Promise<boolean> {
    const { committee, index, key } = this;
    const seeds = committee && openDeposit(deposit, committee, index, key);
    const identity = hexOf(deposit.identity);
    const { gateway, setup } = deposit;
    if (!seeds || (this.identities.get(gateway) ?? identity) !== identity) return false;
    if (this.setups.get(gateway)?.has(setup)) return true;
    if (this.identities.size >= mostGateways && !this.identities.has(gateway)) return false;
    if (this.forgotten >= Math.max(fewestForgotten, this.identities.size)) await this.shrink();
    await this.file.add(seedsRecord(gateway, setup, identity, seeds));
    this.identities.set(gateway, identity);
    this.remember(gateway, setup, seeds);
    return true;
  }

  /** Answers a request; what it reserves is on disk by then. Undefined: this gateway is no helper of the committee. */
  async answer(epoch: string, request: OpeningRequest): Promise<HelperAnswer | undefined> {
    const { desk, committee, helper } = this;
    if (!desk || !helper || committee?.epoch !== epoch) return undefined;
    const { yieldToEventLoop } = this.options;
    try {
      const steps = desk.answer(request);
      const answer = yieldToEventLoop ? await runAsync(steps, yieldToEventLoop) : runSync(steps);
      const { unwritten: names } = helper;
      if (names.length > 0) await this.file.add({ kind: 'list', digest: answer.digest, names: [...names] });
      helper.written();
      return answer;
    } catch (error) {
      helper.undo();
      throw error;
    }
  }

  /** Keeps the seeds of a setup, and forgets the oldest one of this gateway. */
  private remember(gateway: string, setup: string, seeds: ReadonlyMap<number, Uint8Array>): void {
    const setups = this.setups.get(gateway) ?? new Map();
    this.setups.set(gateway, setups.set(setup, seeds));
    const [oldest] = setups.keys();
    if (setups.size <= mostSetups) return;
    setups.delete(oldest);
    this.forgotten++;
  }

  /** Writes the file again without the setups that are forgotten. @throws FtteError `storage` */
  private async shrink(): Promise<void> {
    const names = new Map<string, string[]>();
    for (const [name, digest] of this.reserved) names.set(digest, [...(names.get(digest) ?? []), name]);
    const lists = [...names].map(([digest, list]) => ({ kind: 'list', digest, names: list }) as const);
    const seeds = [...this.setups].flatMap(([gateway, setups]) =>
      [...setups].map(([setup, of]) => seedsRecord(gateway, setup, this.identities.get(gateway) ?? '', of)),
    );
    await this.file.begin([keyRecord(this.sealing, this.epoch, this.number), ...lists, ...seeds]);
    this.forgotten = 0;
  }
}

const keyOf = (sealing: Uint8Array) => new EphemeralKey(() => sealing);

const keyRecord = (sealing: Uint8Array, epoch: string, number: number): HelperRecord => ({
  kind: 'key',
  sealing: hexOf(sealing),
  epoch,
  number,
});

const seedsRecord = (
  gateway: string,
  setup: string,
  identity: string,
  seeds: ReadonlyMap<number, Uint8Array>,
): HelperRecord => ({
  kind: 'seeds',
  gateway,
  setup,
  identity,
  seeds: [...seeds].map(([at, seed]) => [at, hexOf(seed)]),
});
