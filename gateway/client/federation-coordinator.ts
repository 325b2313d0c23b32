import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CoordinatorEvents,
  type CoordinatorRole,
  type CoordinatorStatus,
  createRole,
  openSharedLog,
} from '../coordinator';
import { CoordinatorTally, coordinatorHealth, type Health, metricsText } from '../monitoring';
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
import { Region } from '../region';
import { codeOfRefused } from '../session';
import type { Sample } from '../stream';
import { parseTask, type Task } from '../task';
import { type HostedBroker, isLoopback, type ServerCertificate } from '../transport';
import { isPrivateBroker, isSameBroker } from './broker';
import { Connection, type Environment, environmentOf } from './connection';
import type { CoordinatorSettings, PartOf } from './coordinator-settings';
import { Lifetime } from './lifetime';
import { checkedMember, type MemberSettings } from './member-settings';
import type { BrokerAddress } from './membership/broker-address';
import { authorityOf } from './membership/broker-trust';
import {
  CoordinatorMembership,
  type FederationMemberEntry,
  hasMembers,
  type InvitationSettings,
  type OpenInvitation,
} from './membership/coordinator-membership';
import { isSecure, readBrokerUrl } from './options/broker-url';
import { checkListener } from './options/check-listener';
import { checkCoordinatorSettings, checkPartOf } from './options/check-settings';
import { trainerMaker } from './options/trainer-maker';
import { type ReportedVersion, reportedVersion } from './reported-version';
import { toSample, type WindowValues } from './window-values';

const events: readonly (keyof CoordinatorEvents)[] = ['status', 'version', 'notice', 'problem'];

/**
 * Creates the coordinator of a federation and starts it. The coordinator owns the task and the global model. Resolves
 * when it coordinates, or after a short wait if the broker is away; it then begins when the broker can be reached. A region
 * (`partOf`) waits for the task above, unless its folder has it from an earlier run.
 * @throws FtteError `config-invalid` or `task-invalid` naming the option; `second-coordinator`; `storage`; `task-refused` for a
 * region that cannot take the task above
 */
export async function createCoordinator(options: CoordinatorSettings): Promise<FederationCoordinator> {
  const given = checkCoordinatorSettings(options);
  const environment = environmentOf(given);
  const log = countedLog(environment.log, environment.clock);
  const settings = { ...given, ...environment, log };
  if (settings.partOf) checkRegion(settings);
  const task = settings.task === undefined && settings.partOf ? undefined : parseTask(settings.task);
  if (settings.helpers && task && !task.aggregation.masked)
    throw new FtteError(
      'config-invalid',
      `helpers: expected none for a task without aggregation.masked, in which nobody helps, got ${describeValue(settings.helpers)}`,
      { field: 'helpers' },
    );
  const id = settings.id ?? 'coordinator';
  let coordinator: FederationCoordinator | undefined;
  const membership = await membershipOf(settings, id, () => coordinator);
  let connection: Connection | undefined;
  let above: Connection | undefined;
  try {
    above = settings.partOf && (await connectionAbove(settings.partOf, settings));
    connection = await Connection.create({
      ...settings,
      id,
      ...(membership && { protection: membership.protection }),
    });
    // Only a region may have no task of its own.
    const place = above ? { above, task } : { task: task as Task };
    coordinator = new FederationCoordinator(settings, place, connection, membership);
    coordinator.on('notice', (notice) => logNotice(environment.log, notice));
    coordinator.on('problem', (problem) => log.error(problem.message, noticeCodeOf(problem)));
    await coordinator.start();
    return coordinator;
  } catch (error) {
    await (coordinator ?? connection)?.close();
    if (!coordinator) {
      await above?.close();
      await membership?.close();
    }
    throw error;
  }
}

/** @throws FtteError `config-invalid` naming an option that a region cannot have */
function checkRegion({ storage, initial }: CoordinatorSettings): void {
  const refuse = (field: string, text: string) =>
    new FtteError('config-invalid', `${field}: ${text}`, { field });
  if (storage !== undefined)
    throw refuse(
      'storage',
      'expected the files of this machine, because the coordinator of a region cannot fail over yet, got a log on a server',
    );
  if (initial)
    throw refuse(
      'initial',
      'expected no parameters, because the model of a region is that of the federation above, got some',
    );
}

/**
 * The connection of a region with the federation above.
 * @throws FtteError `config-invalid` naming the option below `partOf`, `storage`
 */
async function connectionAbove(
  partOf: PartOf,
  { federation, broker, folder, clock, random, log }: CoordinatorSettings & Environment,
): Promise<Connection> {
  try {
    const { everyVersions: _, everyMs: __, ...checked } = checkPartOf(partOf);
    const own = checked.folder ?? (folder === undefined ? undefined : join(folder, 'above'));
    const { given, membership, explain } = await checkedMember({
      ...(checked as Pick<MemberSettings, 'federation' | 'broker' | 'id'>),
      ...(own !== undefined && { folder: own }),
      ...{ clock, random, log },
    });
    if (given.federation === federation && isSameBroker(given.broker, broker))
      throw new FtteError(
        'config-invalid',
        `federation: expected another federation than that of this coordinator, got ${describeValue(federation)} at the same broker`,
        { field: 'federation' },
      );
    return await Connection.create({
      ...given,
      ...{ clock, random, log },
      ...(membership && { protection: membership.protection }),
      ...(explain && { explain }),
    });
  } catch (error) {
    const field = error instanceof FtteError && error.code === 'config-invalid' && error.details['field'];
    if (!field) throw error;
    const text = `partOf.${messageOf(error)}`;
    throw new FtteError('config-invalid', text, { field: `partOf.${field}` }, { cause: error });
  }
}

/**
 * The members of a federation with invitations. Undefined for an open one.
 * @throws FtteError `config-invalid`, `storage`; SecurityError for a key or a membership that is lost or damaged
 */
async function membershipOf(
  { membership: chosen, broker, folder, federation, clock, random, log }: CoordinatorSettings & Environment,
  id: string,
  coordinator: () => FederationCoordinator | undefined,
): Promise<CoordinatorMembership | undefined> {
  const invalid = (text: string) => new FtteError('config-invalid', text, { field: 'membership' });
  const membership = chosen ?? (isPrivateBroker(broker) ? 'open' : 'invited');
  if (membership === 'open') {
    if (folder !== undefined && (await hasMembers(folder)))
      throw invalid(
        `membership: expected invited, because the coordinator in ${folder} has members by invitation, got open`,
      );
    return undefined;
  }
  if (folder === undefined) {
    const open = chosen
      ? ''
      : '; `open` lets in whoever may publish at the broker, and neither signs nor seals messages';
    throw invalid(`membership: invited needs a folder, in which keys and members survive a restart${open}`);
  }
  return CoordinatorMembership.open({
    folder,
    federation,
    id,
    clock,
    random,
    onRefused: (refused) => {
      const { gateway, reason, text } = refused;
      const code = codeOfRefused(refused);
      coordinator()?.notice({ code, level: 'warning', text, details: { gateway, reason } });
    },
    onProblem: (error) => log.error(messageOf(error), noticeCodeOf(error)),
  });
}

/** The place of a coordinator: below a federation, with rules of its own or none, or by itself with its task. */
type Place =
  | { readonly above: Connection; readonly task: Task | undefined }
  | { readonly above?: undefined; readonly task: Task };

/** The coordinator of a federation. It gathers updates, makes versions and publishes them. */
export class FederationCoordinator {
  private readonly role: CoordinatorRole | Region;
  private readonly lifetime = new Lifetime(async () => {
    await this.role.stop();
    await this.above?.close();
    await this.connection.close();
    this.stopServing?.();
    await this.membership?.close();
  });

  private readonly above: Connection | undefined;
  private readonly stopServing: (() => void) | undefined;
  private readonly tally = new CoordinatorTally();

  /** Called by `createCoordinator`. */
  constructor(
    private readonly settings: CoordinatorSettings & Environment,
    place: Place,
    private readonly connection: Connection,
    private readonly membership?: CoordinatorMembership,
  ) {
    this.above = place.above;
    const { hostedBroker } = connection;
    this.stopServing = hostedBroker && membership?.serve(hostedBroker);
    const { folder, initial, leaseWaitMs, heldOutBytes, maxGateways, helpers } = settings;
    const { clock, random, log, storage, federation } = settings;
    const options = {
      session: connection.session,
      folder,
      ...(storage !== undefined && { sharedLog: openSharedLog(storage, federation, yieldToEventLoop) }),
      ...(membership && { key: membership.fingerprint }),
      createTrainer: trainerMaker(settings.createTrainer),
      onConnection: (listener: ConnectionListener) => connection.onState(listener),
      clock,
      random,
      log,
      yieldToEventLoop,
      ...(membership && { counts: (gateway: string) => membership.counts(gateway) }),
      ...(leaseWaitMs !== undefined && { claimWaitMs: leaseWaitMs }),
      ...(heldOutBytes !== undefined && { heldOutBytes }),
      ...(maxGateways !== undefined && { maxGateways }),
      ...(helpers && { helpers }),
    };
    this.role = place.above
      ? new Region({ ...options, task: place.task, above: regionAbove(place.above, settings.partOf) })
      : createRole({ ...options, task: place.task, ...(initial && { initial }) });
    this.role.on('version', (report) => this.tally.version(report));
    this.role.on('notice', (notice) => this.tally.notices.notice(notice));
    this.role.on('problem', (problem) => this.tally.notices.problem(problem));
  }

  /** Connects and starts. Called by `createCoordinator`. */
  async start(): Promise<void> {
    this.lifetime.begin();
    this.connection.open();
    this.above?.open();
    const { role } = this;
    const started = role.start();
    if (!(role instanceof Region)) return started;
    const { adoption } = role;
    await Promise.race([started.then(() => adoption), adoption, this.lifetime.ended]);
  }

  /** The task that the federation learns. @throws FtteError `not-ready` at a region before the federation above has said it */
  get task(): Task {
    return this.role.task;
  }

  /** Called by `createCoordinator`. */
  notice(notice: Omit<Notice, 'count'>): void {
    this.role.say(notice);
  }

  /**
   * Makes an invitation: one line of text, with which a gateway joins. Whoever has it can join in its place.
   * @throws FtteError `not-ready` in an open federation; `config-invalid` naming the setting; `storage`
   */
  async invite(settings: InvitationSettings = {}): Promise<string> {
    const membership = this.invited();
    return membership.invite(settings, await this.addressOf(settings.broker));
  }

  /** The invitations that can be used; their texts are shown once. Empty in an open federation. */
  invitations(): OpenInvitation[] {
    return this.membership?.invitations ?? [];
  }

  /**
   * Ends an invitation: nobody joins with it any more. Who has joined with it stays a member.
   * @throws FtteError `not-ready` in an open federation; `message-invalid` if no such invitation can be used; `storage`
   */
  async withdraw(invitation: string): Promise<void> {
    await this.invited().withdraw(invitation);
  }

  /** All members, revoked ones included. Empty in an open federation. */
  members(): FederationMemberEntry[] {
    return this.membership?.members ?? [];
  }

  /**
   * Ends a membership. Updates of the gateway do not count from now on, waiting ones included; what versions have learned
   * from it stays. All others get a new group key.
   * @throws FtteError `not-ready` in an open federation; `message-invalid` if there is no such member; `storage`: it is
   * revoked nevertheless, until this process ends
   */
  async revoke(id: string): Promise<void> {
    const revoked = this.invited().revoke(id);
    this.role.exclude(id);
    await revoked;
  }

  /** Lets a revoked gateway back in with its key. @throws FtteError as `revoke` */
  readmit(id: string): Promise<void> {
    return this.invited().readmit(id);
  }

  private invited(): CoordinatorMembership {
    if (this.membership) return this.membership;
    throw new FtteError('not-ready', 'the federation is open: members need membership: invited', {
      field: 'membership',
    });
  }

  /** The broker as an invitation names it. @throws FtteError `config-invalid` naming `broker` */
  private async addressOf(given: string | undefined): Promise<BrokerAddress> {
    const { broker } = this.settings;
    const hosted = typeof broker === 'object' ? broker : undefined;
    const isLocal = hosted && isLoopback(hosted.host ?? '127.0.0.1');
    const address = given ?? (typeof broker === 'string' ? broker : isLocal ? this.brokerUrl : undefined);
    const invalid = (hint: string) =>
      new FtteError(
        'config-invalid',
        `broker: expected the address at which gateways reach the broker, such as mqtt://10.0.0.5:1883${hint}`,
        { field: 'broker' },
      );
    const { url, credentials } = readBrokerUrl(address ?? '', invalid);
    // A login in the address is one that somebody made for it.
    if (!hosted || credentials) return { broker: url.href, ...(credentials && { credentials }) };
    const authority =
      hosted.tls && isSecure(url.href) ? authorityOf(await certificateOf(hosted.tls)) : undefined;
    return { broker: url.href, ownLogin: true, ...(authority && { authority }) };
  }

  /** Phase, version, gateways, buffer and rejections. */
  get status(): CoordinatorStatus {
    return this.role.status;
  }

  /** Whether it learns, or waits for something that is no fault. */
  get health(): Health {
    return coordinatorHealth(this.status, this.settings.clock.now());
  }

  /**
   * Its metrics in the text format of Prometheus.
   * @param options `byGateway`: with values of each gateway, whose id is a label
   */
  metrics({ byGateway = false }: { readonly byGateway?: boolean } = {}): string {
    const { status, tally, health, settings } = this;
    const { federation, clock } = settings;
    const { isFaulty } = health;
    return metricsText([{ kind: 'coordinator', federation, status, tally, isFaulty }], {
      nowMs: clock.now(),
      byGateway,
    });
  }

  /** The URL of the broker if this process hosts it, for gateways on this machine. */
  get brokerUrl(): string | undefined {
    return this.connection.brokerUrl;
  }

  /** The broker if this process hosts it: to add and remove users, and for what it has refused. */
  get hostedBroker(): HostedBroker | undefined {
    return this.connection.hostedBroker;
  }

  /**
   * Stores a held-out window. Versions are evaluated on it, and it is not trained on, except in the warm start of a
   * task.
   * @param known whose window it is, for the worst tenth of people; and whether it is an anomaly, for a task that finds them
   * @throws FtteError `window-shape`, `window-not-finite`, `label-unknown`, `not-labelled`, `cancelled`
   */
  add(window: WindowValues, label?: string | number, known: Pick<Sample, 'subject' | 'unusual'> = {}): void {
    this.lifetime.requireOpen();
    this.role.addHeldOut({ ...toSample(window, label, this.task), ...known });
  }

  /** New versions, until the coordinator is closed. */
  versions(): AsyncIterableIterator<ReportedVersion> {
    return this.lifetime.stream((listener) =>
      this.role.on('version', (report) => listener(reportedVersion(report))),
    );
  }

  /** Adds a listener of an event: status, version, notice, problem. The returned function removes it. */
  on<Name extends keyof CoordinatorEvents & string>(
    name: Name,
    listener: (payload: CoordinatorEvents[Name]) => void,
  ): () => void {
    checkListener(name, listener, events);
    return this.role.on(name, listener);
  }

  /** Drops all held-out windows, and erases their file. @throws FtteError `storage` if the file cannot be erased */
  forgetHeldOut(): Promise<void> {
    return this.role.forgetHeldOut();
  }

  /** Applies the updates in the buffer now. */
  applyNow(): Promise<void> {
    return this.role.applyNow();
  }

  /** Makes no more versions until `resume`. Updates wait. */
  pause(): void {
    this.role.pause();
  }

  /** Makes versions again. */
  resume(): void {
    this.role.resume();
  }

  /** Writes a checkpoint now. */
  checkpoint(): Promise<void> {
    return this.role.checkpoint();
  }

  /** Returns to the best version, or to a given one that is stored. @throws FtteError `not-ready` */
  rollback(version?: number): Promise<void> {
    return this.role.rollback(version);
  }

  /** The model: flat parameters, of the running average or of the newest version. @throws FtteError `config-invalid` */
  export(which: 'average' | 'current' = 'average') {
    if (which !== 'average' && which !== 'current') {
      const text = `which: expected average or current, got ${describeValue(which)}`;
      throw new FtteError('config-invalid', text, { field: 'which' });
    }
    return this.role.export(which);
  }

  /** Writes the last checkpoint and disconnects. It can be called at any time and more than once. */
  close(): Promise<void> {
    return this.lifetime.close();
  }
}

type ConnectionListener = Parameters<Connection['onState']>[0];

const regionAbove = (above: Connection, { everyVersions, everyMs }: PartOf = {}) => ({
  session: above.session,
  onConnection: (listener: ConnectionListener) => above.onState(listener),
  pace: { versions: everyVersions ?? 'auto', ms: everyMs ?? 'auto' } as const,
});

const certificateOf = async (tls: ServerCertificate): Promise<string | Buffer> =>
  'certFile' in tls ? readFile(tls.certFile) : tls.cert;
