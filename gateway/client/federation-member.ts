import { join } from 'node:path';
import type { Trainer } from '../engine';
import { GatewayTally, gatewayHealth, type Health, metricsText } from '../monitoring';
import {
  agreementFile,
  type GatewayPolicy,
  HeldOut,
  ModelFollower,
  Participant,
  type ParticipantEvents,
  type ParticipantStatus,
  type RoundReport,
  refusalCode,
  refusalText,
  rememberingChooser,
  TaskGate,
  type TrainNowResult,
  type VersionEvent,
} from '../participant';
import {
  countedLog,
  describeValue,
  FtteError,
  logNotice,
  messageOf,
  type Notice,
  noticeCodeOf,
  yieldToEventLoop,
} from '../platform';
import { PersonalModel, type PersonalReport, type Prediction, Predictor } from '../prediction';
import { joinRefusalText } from '../security';
import { PlanThread } from '../selection';
import type { Task } from '../task';
import { Connection, type Environment, environmentOf } from './connection';
import { Lifetime } from './lifetime';
import {
  budgetBytes,
  checkedMember,
  defaultBudget,
  defaultCapacity,
  type InvitedMemberSettings,
  type MemberSettings,
  policyOf,
} from './member-settings';
import type { GatewayMembership } from './membership/gateway-membership';
import { checkListener } from './options/check-listener';
import { trainerMaker } from './options/trainer-maker';
import { taskArrival } from './task-arrival';
import { toSample, toWindow, type WindowValues } from './window-values';

const events: readonly (keyof ParticipantEvents)[] = ['status', 'round', 'update', 'notice', 'problem'];

/**
 * Joins a federation as one gateway. It connects, and resolves once the task of the coordinator has arrived, or waits for
 * a person: see `acceptTask`. While the broker or the coordinator is away, or the policy refuses the task, it waits, and
 * reports this in the log.
 * @throws FtteError `config-invalid` naming the option; `budget-too-small` if no part of the task fits; `join-refused` with
 * the reason if the coordinator does not let this gateway in; `cancelled` if `signal` ends the join
 */
export async function joinFederation(
  options: MemberSettings | InvitedMemberSettings,
): Promise<FederationMember> {
  const { given, membership, explain } = await checkedMember(options);
  const environment = environmentOf(given);
  const log = countedLog(environment.log, environment.clock);
  const settings = { ...given, ...environment, log };
  const budget = budgetBytes(settings.budget === undefined ? defaultBudget : settings.budget);
  const policy = policyOf(settings);
  if (settings.signal?.aborted) throw new FtteError('cancelled', 'the join was aborted');
  const connection = await Connection.create({
    ...settings,
    ...(membership && { protection: membership.protection }),
    ...(explain && { explain }),
  });
  let member: FederationMember | undefined;
  try {
    member = new FederationMember(settings, budget, policy, connection, membership);
    member.on('notice', (notice) => logNotice(environment.log, notice));
    member.on('problem', (problem) => log.error(problem.message, noticeCodeOf(problem)));
    await member.start();
    return member;
  } catch (error) {
    await (member ?? connection).close();
    throw error;
  }
}

/** One gateway of a federation. It stores labelled windows, trains on them, and predicts with the newest model. */
export class FederationMember {
  private readonly follower: ModelFollower;
  private readonly participant: Participant;
  private readonly plans: PlanThread;
  private readonly personal: PersonalModel;
  private budget: number;
  private readonly tally = new GatewayTally();
  private readonly createTrainer: () => Trainer;
  private predictor: Predictor | undefined;
  private readonly lifetime = new Lifetime(() => this.closeParts());
  private refuse: (error: FtteError) => void = () => undefined;
  /** Rejects if the coordinator does not let this gateway in. */
  private readonly refused = new Promise<never>((_, reject) => {
    this.refuse = reject;
  });

  /** Called by `joinFederation`. */
  constructor(
    private readonly settings: MemberSettings & Environment,
    budget: number,
    policy: GatewayPolicy,
    private readonly connection: Connection,
    membership?: GatewayMembership,
  ) {
    const {
      folder,
      keepSamples = true,
      capacity = defaultCapacity,
      trigger,
      choosePlan,
      storageKey,
    } = settings;
    const { clock, random, log } = settings;
    const { session } = connection;
    this.createTrainer = trainerMaker(settings.createTrainer);
    this.plans = new PlanThread(clock);
    this.budget = budget;
    const gate = new TaskGate({
      policy,
      federation: settings.federation,
      file: folder === undefined ? undefined : join(folder, agreementFile),
      clock,
      random,
      log,
    });
    this.follower = new ModelFollower({ session, clock, random, log, gate, yieldToEventLoop });
    this.participant = new Participant({
      session,
      follower: this.follower,
      trainer: this.createTrainer(),
      onConnection: (listener) => connection.onState(listener),
      budgetBytes: budget,
      trigger: { newWindows: 32, intervalMs: 0, ...trigger },
      policy,
      outboxFolder: folder === undefined ? undefined : join(folder, 'outbox'),
      privacy: { folder },
      storageKey,
      storeCapacity: capacity,
      ...(policy.evaluation === 'send' && { heldOut: new HeldOut(random) }),
      ...(folder !== undefined && { storeFile: join(folder, 'samples.bin'), keepSamples }),
      clock,
      random,
      log,
      yieldToEventLoop,
      choosePlan: choosePlan ?? rememberingChooser((request) => this.plans.plan(request)),
    });
    this.personal = new PersonalModel({
      follower: this.follower,
      use: 'average',
      samples: () => this.participant.store,
      createTrainer: this.createTrainer,
      choosePlan: (request) => this.plans.plan(request),
      budgetBytes: () => this.budget,
      file: folder === undefined ? undefined : join(folder, 'personal.bin'),
      keep: () => keepSamples,
      storageKey,
      clock,
      random,
      log,
    });
    this.participant.on('round', (report) => this.tally.round(report));
    this.participant.on('notice', (notice) => this.tally.notices.notice(notice));
    this.participant.on('problem', (problem) => this.tally.notices.problem(problem));
    this.refused.catch(() => undefined);
    if (membership) this.follow(membership);
  }

  /** Puts the answers of the coordinator in words. A gateway that was never let in does not wait for it. */
  private follow(membership: GatewayMembership): void {
    let isOut = false;
    membership.onChange((standing) => {
      if (standing === 'member') {
        if (isOut) this.participant.reportAdmission();
        isOut = false;
        return;
      }
      isOut = true;
      const text = joinRefusalText[standing];
      this.participant.reportRefusal(text, standing);
      if (!membership.admitted) this.refuse(new FtteError('join-refused', text, { reason: standing }));
    });
  }

  /** Connects. Resolves once the task has arrived. @throws FtteError `cancelled`, `budget-too-small` */
  async start(): Promise<void> {
    const { signal, clock, log } = this.settings;
    const closed = this.lifetime.ended;
    const arrival = taskArrival(this.follower, this.connection, { signal, clock, log, closed });
    // It also ends if the start below fails, and nobody waits for it then.
    arrival.catch(() => undefined);
    this.lifetime.begin();
    this.connection.open();
    // The start of the follower resolves with its first subscription, which may come much later.
    this.follower.start().catch((error) => {
      if (!this.lifetime.isOver) log.error(messageOf(error), noticeCodeOf(error));
    });
    await this.participant.start();
    // Nothing that was made of readings is on disk then, whatever an earlier run has left there.
    if (this.settings.keepSamples === false) await this.personal.forget();
    await Promise.race([arrival, this.refused]);
    await Promise.race([this.participant.planned(), closed]);
    this.requireBudget();
  }

  /** @throws FtteError `budget-too-small` naming the option, what came, and what the task needs */
  private requireBudget(): void {
    const { problem, problemCode } = this.participant.status;
    if (problemCode !== 'budget-too-small') return;
    const { budget = defaultBudget } = this.settings;
    throw new FtteError(
      problemCode,
      `budget: expected enough for the smallest plan of the task, got ${describeValue(budget)}: ${problem}`,
      { field: 'budget' },
    );
  }

  /**
   * The task of the federation.
   * @throws FtteError `not-ready` before it has arrived; `task-waiting` while it waits to be accepted, and none was before
   */
  get task(): Task {
    const { task, refusal } = this.follower;
    if (task) return task;
    if (refusal) throw new FtteError(refusalCode(refusal), refusalText(refusal));
    throw new FtteError('not-ready', 'no task has arrived yet: is a coordinator running?');
  }

  /** Phase, version, samples, rounds, waiting updates and memory. */
  get status(): ParticipantStatus {
    return this.participant.status;
  }

  /** Whether it learns, or waits for something that is no fault. */
  get health(): Health {
    return gatewayHealth(this.status, this.settings.clock.now());
  }

  /**
   * Its metrics in the text format of Prometheus.
   * @param options `byGateway`: its id is a label
   */
  metrics({ byGateway = false }: { readonly byGateway?: boolean } = {}): string {
    const { status, tally, health, budget, settings } = this;
    const { federation, id, clock } = settings;
    const { isFaulty } = health;
    return metricsText(
      [{ kind: 'gateway', federation, gateway: id, status, tally, isFaulty, budgetBytes: budget }],
      { nowMs: clock.now(), byGateway },
    );
  }

  /**
   * Stores a window for training. A round starts when its trigger is due.
   * @param label name or index of a label; left out for tasks that learn without labels
   * @throws FtteError `window-shape`, `window-not-finite`, `label-unknown`, `not-labelled`; nothing is stored then
   */
  add(window: WindowValues, label?: string | number): void {
    this.participant.add(toSample(window, label, this.task));
  }

  /**
   * Predicts with the newest version.
   * @throws FtteError `not-ready` before a model has arrived, `window-shape`, `window-not-finite`
   */
  async predict(window: WindowValues): Promise<Prediction> {
    this.lifetime.requireOpen();
    if (!this.predictor) {
      const { folder, log, clock } = this.settings;
      this.predictor = new Predictor({
        follower: this.follower,
        trainer: this.createTrainer(),
        clock,
        log,
        personal: this.isPersonal ? this.personal : undefined,
        ...(folder !== undefined && { thresholdFile: join(folder, 'threshold.bin') }),
      });
      this.predictor.start();
      if (this.isPersonal) await this.personal.start();
      this.lifetime.requireOpen();
    }
    return this.predictor.predict(toWindow(window));
  }

  /**
   * Which model predicts labels here, and the accuracy of both on own windows that were kept out. Undefined if the option
   * `personal` is `off`, and before the first prediction.
   */
  get personalReport(): PersonalReport | undefined {
    return this.predictor && this.isPersonal ? this.personal.report : undefined;
  }

  private get isPersonal(): boolean {
    return this.settings.personal !== 'off';
  }

  /**
   * Takes the task that waits for a person: `status.refusal` says why it does.
   * @throws FtteError `not-ready` if none waits; `task-refused` if the policy does not allow it
   */
  acceptTask(): void {
    this.follower.acceptTask();
  }

  /** Starts a round, or requests one if rounds are granted. */
  trainNow(): TrainNowResult {
    return this.participant.trainNow();
  }

  /** Starts no more rounds until `resume`. */
  pause(): void {
    this.participant.pause();
  }

  /** Allows rounds again. */
  resume(): void {
    this.participant.resume();
  }

  /** Deletes all stored samples, and the personal model that was made of them. @throws FtteError `storage` */
  async forget(): Promise<void> {
    // Neither may keep the other from being erased.
    const outcomes = await Promise.allSettled([this.participant.forget(), this.personal.forget()]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Changes the memory budget, from the next round on. @throws FtteError `config-invalid`, `cancelled` */
  setBudget(budget: number | string): void {
    const bytes = budgetBytes(budget);
    this.lifetime.requireOpen();
    this.budget = bytes;
    this.participant.setBudget(bytes);
  }

  /** Adds a listener of an event: status, round, update, notice, problem. The returned function removes it. */
  on<Name extends keyof ParticipantEvents & string>(
    name: Name,
    listener: (payload: ParticipantEvents[Name]) => void,
  ): () => void {
    checkListener(name, listener, events);
    return this.participant.on(name, listener);
  }

  /** Finished rounds, until the member is closed. */
  rounds(): AsyncIterableIterator<RoundReport> {
    return this.lifetime.stream((listener) => this.participant.on('round', listener));
  }

  /** The versions that this gateway has received, until the member is closed. */
  versions(): AsyncIterableIterator<VersionEvent> {
    return this.lifetime.stream((listener) => this.follower.on('version', listener));
  }

  /** Notices for a person, until the member is closed. The same thing comes once, then with its number. */
  notices(): AsyncIterableIterator<Notice> {
    return this.lifetime.stream((listener) => this.participant.on('notice', listener));
  }

  /**
   * Ends the round that runs, keeps waiting updates in the folder, and disconnects. It can be called at any time and
   * more than once.
   */
  close(): Promise<void> {
    return this.lifetime.close();
  }

  private async closeParts(): Promise<void> {
    await this.predictor?.stop();
    await this.personal.stop();
    await this.participant.stop();
    await this.follower.stop();
    this.plans.close();
    await this.connection.close();
  }
}
