import { GatewayTally, gatewayHealth } from '../../../gateway/monitoring';
import type { ParticipantStatus, RoundReport } from '../../../gateway/participant';
import { messageOf, noticeCodeOf } from '../../../gateway/platform';
import type { Task } from '../../../gateway/task';
import type { Look } from '../status/look';
import { columnsOf, shown, type Value } from './columns';
import { CurveHistory } from './curve-history';
import { EventList, type MonitorNotice } from './event-list';
import type { Monitor, MonitorHead, MonitorParts } from './monitor';
import { healthWithLook, type MonitorReading } from './monitor-reading';
import { reasonDetails, storageCause } from './storage-problem';

/** Actions of a gateway that the sidebar offers. */
export const participantActions = ['train', 'pause', 'resume'] as const;
export type ParticipantAction = (typeof participantActions)[number];

/** The participant that a monitor watches. */
export interface ParticipantSource {
  readonly head: MonitorHead;
  readonly budgetBytes: number;
  task(): Task | undefined;
  status(): ParticipantStatus;
  look(): Look | undefined;
  /** Samples by label; empty for a task without labels. */
  labels(): Readonly<Record<string, number>>;
  now(): number;
  act(action: ParticipantAction): Promise<void>;
}

const roundKeys = [
  'round',
  'timeMs',
  'baseVersion',
  'lossBefore',
  'lossAfter',
  'samples',
  'updateBytes',
  'durationMs',
] as const;
/** The part of a participant's status that the sidebar shows. */
const statusKeys = [
  'phase',
  'version',
  'samples',
  'rounds',
  'outbox',
  'unlabelledWindows',
  'refusedWindows',
  'problem',
  'problemCode',
] as const satisfies readonly (keyof ParticipantStatus)[];

type RoundPoint = Readonly<Record<(typeof roundKeys)[number], Value>>;

/** History of a participant, which outlives the node of one deploy. */
export class ParticipantRecord {
  readonly history = new CurveHistory<RoundPoint>();
  readonly events = new EventList();
  readonly tally = new GatewayTally();
  newest: RoundReport | undefined;
}

/** Watches a participant: its rounds, samples, waiting updates and notices. */
export class ParticipantMonitor implements Monitor {
  private sentPoints = 0;
  private sentEvents = 0;
  private sentState = '';
  private newestProblem: Pick<MonitorNotice, 'text' | 'details'> | undefined;

  constructor(
    private readonly source: ParticipantSource,
    private readonly record: ParticipantRecord,
  ) {}

  get head(): MonitorHead {
    return this.source.head;
  }

  round(report: RoundReport): void {
    this.record.newest = report;
    this.record.tally.round(report);
    this.record.history.add({
      round: this.record.history.added + 1,
      timeMs: Math.round(this.source.now()),
      baseVersion: report.baseVersion,
      lossBefore: shown(report.lossBefore),
      lossAfter: shown(report.lossAfter),
      samples: report.samples,
      updateBytes: report.updateBytes,
      durationMs: Math.round(report.durationMs),
    });
  }

  notice(notice: MonitorNotice): void {
    this.record.events.add(notice, this.source.now());
    this.record.tally.notices.notice(notice);
  }

  problem(error: Error): void {
    this.newestProblem = { text: messageOf(error), ...reasonDetails(error) };
    this.notice({ code: noticeCodeOf(error), level: 'error', count: 1, ...this.newestProblem });
  }

  reading(): MonitorReading {
    const { source, record } = this;
    const status = source.status();
    const health = healthWithLook(gatewayHealth(status, source.now()), source.look());
    const { federation, gateway } = source.head;
    const { isFaulty } = health;
    const { tally } = record;
    const { budgetBytes } = source;
    return { health, role: { kind: 'gateway', federation, gateway, status, tally, isFaulty, budgetBytes } };
  }

  act(action: ParticipantAction): Promise<void> {
    return this.source.act(action);
  }

  snapshot(): MonitorParts {
    const { history, events } = this.record;
    return { ...this.state(), curve: columnsOf(history.points, roundKeys), events: events.all };
  }

  begin(): void {
    this.sentPoints = this.record.history.added;
    this.sentEvents = this.record.events.newest;
    this.sentState = '';
  }

  changes(): MonitorParts | undefined {
    const { history, events } = this.record;
    const parts: Record<string, unknown> = {};
    const state = this.state();
    const text = JSON.stringify(state);
    if (text !== this.sentState) Object.assign(parts, state);
    this.sentState = text;
    if (history.added > this.sentPoints)
      parts['points'] = columnsOf(history.after(this.sentPoints), roundKeys);
    this.sentPoints = history.added;
    if (events.newest > this.sentEvents) parts['newEvents'] = events.after(this.sentEvents);
    this.sentEvents = events.newest;
    return Object.keys(parts).length > 0 ? parts : undefined;
  }

  private state(): MonitorParts {
    const { source, record } = this;
    const status = source.status();
    const task = source.task();
    const look = source.look();
    const { problem: text, problemCode: code } = status;
    const known = this.newestProblem?.text === text ? this.newestProblem : undefined;
    const cause = text === undefined ? undefined : storageCause({ code, text, details: known?.details });
    return {
      task: task && { name: task.name, kind: task.kind, labels: task.labels },
      status: {
        ...Object.fromEntries(statusKeys.map((key) => [key, status[key]])),
        budgetBytes: source.budgetBytes,
        trainedShare: shown(record.newest?.trainedShare),
        peakBytes: record.newest?.peakBytes ?? null,
        labels: source.labels(),
        ...(cause && { problemCause: cause }),
      },
      ...(look && { look }),
    };
  }
}
