import type { CoordinatorStatus, Quality, VersionReport } from '../../../gateway/coordinator';
import { CoordinatorTally, coordinatorHealth } from '../../../gateway/monitoring';
import { messageOf, noticeCodeOf } from '../../../gateway/platform';
import type { Task } from '../../../gateway/task';
import type { Look } from '../status/look';
import { columnsOf } from './columns';
import { CurveHistory } from './curve-history';
import { EventList, type MonitorNotice } from './event-list';
import { GatewayTable } from './gateway-table';
import type { Monitor, MonitorHead, MonitorParts } from './monitor';
import { healthWithLook, type MonitorReading } from './monitor-reading';
import { reasonDetails, storageCause } from './storage-problem';
import { mostCurves, pointKeys, recallColumns, type VersionPoint, versionPoint } from './version-point';

/** Actions of a coordinator that the sidebar offers. */
export const coordinatorActions = ['apply', 'pause', 'resume', 'checkpoint', 'rollback'] as const;
export type CoordinatorAction = (typeof coordinatorActions)[number];

/** The coordinator that a monitor watches. */
export interface CoordinatorSource {
  readonly head: MonitorHead;
  /** The task, and the number of parameters of its model; undefined before the federation above of a region has said it. */
  model(): { readonly task: Task; readonly parameters: number } | undefined;
  status(): CoordinatorStatus;
  look(): Look | undefined;
  now(): number;
  /** @param version that a rollback goes to; undefined: the best one */
  act(action: CoordinatorAction, version: number | undefined): Promise<void>;
  /** The files of the published model by name. */
  files(): Promise<Readonly<Record<string, Uint8Array>>>;
}

/** History of a coordinator, which outlives the node of one deploy. */
export class CoordinatorRecord {
  lineage = '';
  readonly history = new CurveHistory<VersionPoint>();
  readonly gateways = new GatewayTable();
  readonly events = new EventList();
  readonly tally = new CoordinatorTally();
  newest: VersionReport | undefined;
}

/** Watches a coordinator: versions, gateways, buffer and notices. */
export class CoordinatorMonitor implements Monitor {
  private sentPoints = 0;
  private sentEvents = 0;
  private sentState = '';
  private sentReport: VersionReport | undefined;
  private sentLineage = '';
  private newestProblem: Pick<MonitorNotice, 'code' | 'text' | 'details'> | undefined;

  constructor(
    private readonly source: CoordinatorSource,
    private readonly record: CoordinatorRecord,
  ) {}

  get head(): MonitorHead {
    return this.source.head;
  }

  /** Takes a version. It costs the point of a curve and one entry per contribution. */
  version(report: VersionReport): void {
    const { record, source } = this;
    if (record.lineage !== report.lineage) record.history.clear();
    record.lineage = report.lineage;
    record.newest = report;
    const now = source.now();
    record.history.add(versionPoint(report, this.labels, now));
    record.gateways.version(report, now);
    record.tally.version(report);
  }

  notice(notice: MonitorNotice): void {
    this.record.events.add(notice, this.source.now());
    this.record.tally.notices.notice(notice);
  }

  problem(error: Error): void {
    const code = noticeCodeOf(error);
    this.newestProblem = { code, text: messageOf(error), ...reasonDetails(error) };
    this.notice({ ...this.newestProblem, level: 'error', count: 1 });
  }

  reading(): MonitorReading {
    const { source, record } = this;
    const status = source.status();
    const health = healthWithLook(coordinatorHealth(status, source.now()), source.look());
    const { federation } = source.head;
    const { isFaulty } = health;
    return { health, role: { kind: 'coordinator', federation, status, tally: record.tally, isFaulty } };
  }

  /** @returns whether there is another version than before: no version is made if no updates wait */
  async act(action: CoordinatorAction, version: number | undefined): Promise<boolean> {
    const before = this.source.status().version;
    await this.source.act(action, version);
    return this.source.status().version !== before;
  }

  files(): ReturnType<CoordinatorSource['files']> {
    return this.source.files();
  }

  snapshot(): MonitorParts {
    const { record, source } = this;
    const { gateways } = source.status();
    const { history, events } = record;
    return {
      ...this.state(),
      ...this.quality(),
      curve: this.columns(history.points),
      gateways: record.gateways.rows(gateways),
      events: events.all,
    };
  }

  begin(): void {
    const { history, events, gateways, newest, lineage } = this.record;
    this.sentPoints = history.added;
    this.sentEvents = events.newest;
    this.sentReport = newest;
    this.sentLineage = lineage;
    this.sentState = '';
    gateways.mark(this.source.status().gateways);
  }

  changes(): MonitorParts | undefined {
    const { history, events, gateways, newest, lineage } = this.record;
    const parts: Record<string, unknown> = {};
    const state = this.state();
    const text = JSON.stringify(state);
    if (text !== this.sentState) Object.assign(parts, state);
    this.sentState = text;
    if (lineage !== this.sentLineage) {
      parts['curve'] = this.columns(history.points);
    } else if (history.added > this.sentPoints) {
      parts['points'] = this.columns(history.after(this.sentPoints));
    }
    this.sentPoints = history.added;
    this.sentLineage = lineage;
    if (newest !== this.sentReport) Object.assign(parts, this.quality());
    this.sentReport = newest;
    if (events.newest > this.sentEvents) parts['newEvents'] = events.after(this.sentEvents);
    this.sentEvents = events.newest;
    const { rows, gone } = gateways.changes(this.source.status().gateways);
    if (rows.length > 0) parts['changedGateways'] = rows;
    if (gone.length > 0) parts['goneGateways'] = gone;
    return Object.keys(parts).length > 0 ? parts : undefined;
  }

  /** Small facts, which are compared as a whole. */
  private state(): MonitorParts & { readonly look?: Look } {
    const { gateways, rejected, accepted, ...status } = this.source.status();
    const { phase, version, lineage, buffered, bufferSize, heldOut, missingWindows, problem } = status;
    const { protection, stored } = status;
    const leader = status.shared?.leader?.coordinator;
    let online = 0;
    for (const gateway of gateways) if (gateway.online) online++;
    const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0);
    const look = this.source.look();
    const known =
      problem !== undefined && problem === this.newestProblem?.text ? this.newestProblem : undefined;
    const cause = known && storageCause(known);
    const { task, parameters } = this.source.model() ?? {};
    return {
      ...(task && { task: { name: task.name, kind: task.kind, labels: task.labels, parameters } }),
      status: {
        ...{ phase, version, lineage, buffered, bufferSize, heldOut, missingWindows, problem },
        ...{ online, known: gateways.length, accepted, refused },
        ...(stored && { stored }),
        ...(leader !== undefined && { leader }),
        ...(protection && { protection }),
        ...(known && { problemCode: known.code }),
        ...(cause && { problemCause: cause }),
      },
      ...(look && { look }),
    };
  }

  private quality(): MonitorParts {
    const { newest } = this.record;
    const { average, federated, best } = newest ?? {};
    return {
      best: best ?? null,
      confusion: average?.confusion ?? null,
      windows: average?.windows ?? 0,
      figures: average ? figuresOf(average) : null,
      federated: federated ?? null,
    };
  }

  private columns(points: readonly VersionPoint[]): object {
    const labels = this.labels.slice(0, mostCurves);
    return { ...columnsOf(points, pointKeys), recalls: recallColumns(points, labels) };
  }

  private get labels(): readonly string[] {
    return this.source.model()?.task.labels ?? [];
  }
}

/** Figures of a version that have no curve. */
const figuresOf = ({ skill, people, worstTenth, detection }: Quality) => ({
  ...{ skill, people, worstTenth, detection },
});
