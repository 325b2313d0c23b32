import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { MaskedSums } from '../../../../gateway/coordinator/masking/masked-sums';
import {
  type Committee,
  decodeToGateway,
  depositsOf,
  drawSeeds,
  encodeFromGateway,
  type FromGateway,
  Helper,
  HelperDesk,
  makeOffer,
  maskUpdate,
  openDeposit,
  type SeedSetup,
  type ToGateway,
} from '../../../../gateway/masking';
import { runSync, VirtualClock } from '../../../../gateway/platform';
import { EphemeralKey, Identity } from '../../../../gateway/security';
import type { Session } from '../../../../gateway/session';
import { testUniform, updateId } from '../../masking/committee-kit';
import { tinyTask } from '../fleet-harness';

/** A gateway as the coordinator sees it. */
export interface Member {
  readonly identity: Identity;
  sealing: EphemeralKey;
  isOnline: boolean;
  /** Whether it answers as a helper: to everything, to lists only, or to nothing. */
  answers: 'all' | 'lists' | 'nothing';
  /** Messages of the coordinator to it. */
  readonly heard: ToGateway[];
  setup?: SeedSetup;
}

const task = tinyTask({ aggregation: { masked: true } });
const segments = [{ offset: 0, length: 9 }];

/** The sums of a coordinator, and gateways whose messages travel at once. */
export class Clinic {
  readonly clock = new VirtualClock();
  readonly gateways = new Map<string, Member>();
  readonly waiting: string[] = [];
  readonly lost: string[] = [];
  readonly problems: unknown[] = [];
  readonly committees: Committee[] = [];
  /** Answers of helpers that are on their way. */
  readonly late: (() => void)[] = [];
  changes = 0;
  readonly sums: MaskedSums;
  private readonly desks = new Map<string, HelperDesk>();
  private readonly seeds = new Map<string, ReadonlyMap<number, Uint8Array>>();
  private sequence = 0;

  constructor(names: readonly string[], helpers?: readonly string[]) {
    const session: Partial<Session> = {
      federation: 'clinic',
      memberKey: (gateway) => this.gateways.get(gateway)?.identity.publicKey.bytes,
      send: async (body, to) => {
        if (body.type === 'ask') this.asked(to!, decodeToGateway(body.content));
        return { bytes: 0 };
      },
    };
    this.sums = new MaskedSums({
      session: session as Session,
      task,
      helpers,
      clock: this.clock,
      isOnline: (gateway) => this.gateways.get(gateway)?.isOnline ?? false,
      online: () => [...this.gateways.values()].filter(({ isOnline }) => isOnline).length,
      onChange: () => {
        this.changes++;
        const { committee } = this.sums.board;
        if (committee && committee !== this.committees.at(-1)) this.committees.push(committee);
      },
      onWaiting: (text) => this.waiting.push(text),
      onLost: (text) => this.lost.push(text),
      onProblem: (error) => this.problems.push(error),
    });
    for (const name of names) this.join(name);
  }

  join(name: string): void {
    const [identity, sealing] = [Identity.create(), new EphemeralKey()];
    this.gateways.set(name, { identity, sealing, isOnline: true, answers: 'all', heard: [] });
    this.sums.board.review();
    this.offer(name);
  }

  offer(name: string, sealing = this.of(name).sealing.publicBytes): void {
    this.say(name, { kind: 'offer', offer: makeOffer(this.of(name).identity, 'clinic', name, sealing) });
  }

  say(name: string, said: FromGateway): void {
    this.sums.take(name, encodeFromGateway(said));
  }

  of(name: string): Member {
    return this.gateways.get(name)!;
  }

  setOnline(name: string, isOnline: boolean): void {
    this.of(name).isOnline = isOnline;
    this.sums.board.review();
    if (isOnline) this.offer(name);
  }

  get committee(): Committee {
    return this.sums.board.committee!;
  }

  get helpers(): string[] {
    return this.sums.board.committee?.content.helpers.map(({ gateway }) => gateway) ?? [];
  }

  /** A gateway gives its seeds to the helpers. */
  deposit(name: string): void {
    const { committee } = this;
    const setup = drawSeeds(committee, updateId(++this.sequence));
    this.of(name).setup = setup;
    for (const deposit of depositsOf(setup, committee, name, this.of(name).identity))
      this.say(name, { kind: 'deposit', deposit });
  }

  /** A masked update of a gateway, all of whose changes are `value`. */
  contribution(name: string, value: number): Contribution {
    const setup = this.of(name).setup!;
    const id = updateId(++this.sequence);
    const names = { federation: 'clinic', gateway: name, update: id };
    const delta = new Float32Array(9).fill(value);
    return {
      sequence: this.sequence,
      id,
      gateway: name,
      baseVersion: 0,
      samples: task.training.maxSamplesPerRound,
      steps: 1,
      variance: 0,
      bytes: 0,
      segments,
      delta: Float32Array.from(runSync(maskUpdate(delta, 1, segments, setup, names, testUniform(1)))),
      masks: { epoch: setup.epoch, setup: setup.setup },
    };
  }

  private asked(name: string, said: ToGateway): void {
    this.of(name).heard.push(said);
    const { answers } = this.of(name);
    if (answers === 'nothing' || (answers === 'lists' && said.kind === 'answer')) return;
    if (said.kind === 'deposit') {
      const { deposit } = said;
      const seeds = openDeposit(deposit, this.committee, deposit.helper, this.of(name).sealing);
      if (!seeds) return;
      this.seeds.set(`${name} ${deposit.gateway} ${deposit.setup}`, seeds);
      const { epoch, gateway, setup } = deposit;
      this.say(name, { kind: 'held', epoch, gateway, setup });
      return;
    }
    const answer = runSync(this.desk(name).answer(said));
    this.late.push(() => this.say(name, { ...answer, epoch: said.epoch }));
  }

  /** Delivers the answers of helpers, and all that follows from them. */
  deliver(): void {
    for (let next = this.late.shift(); next; next = this.late.shift()) next();
  }

  private desk(name: string): HelperDesk {
    const { committee } = this;
    const known = `${committee.epoch} ${name}`;
    const { identity } = this.of(name);
    const index = committee.indexOf(name);
    const desk =
      this.desks.get(known) ??
      new HelperDesk({
        helper: new Helper({ committee, index, sign: (bytes) => identity.sign(bytes) }, new Map()),
        federation: 'clinic',
        fewest: committee.fewest,
        seedOf: (of, setup, seed) => this.seeds.get(`${name} ${of} ${setup}`)?.get(seed),
      });
    this.desks.set(known, desk);
    return desk;
  }
}
