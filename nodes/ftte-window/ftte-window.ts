import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { refusalText } from '../../gateway/participant';
import { counted, FtteError, type Timer, WaitingRecord } from '../../gateway/platform';
import { type LabelledWindow, Windower } from '../../gateway/stream';
import { type Task, taskSampleRows } from '../../gateway/task';
import {
  type ConnectionWatch,
  construct,
  faultLook,
  type InputHandler,
  type Look,
  leadsTo,
  MessageTurns,
  messageProperty,
  migrationRoute,
  NodeReports,
  onClose,
  onSourceEnd,
  refusalLook,
  type Send,
  StatusWatch,
  waitingLook,
} from '../runtime';
import { type WindowConfig, windowConfig } from './config';
import { type FollowedTask, followTask } from './follow-task';
import { migrations } from './migrations';
import { OwnLabels } from './own-labels';
import { StreamHealth } from './stream-health';

/** A message with the fields of windows and readings besides the payload. */
interface StreamMessage extends NodeMessageInFlow {
  label?: unknown;
  subject?: unknown;
  reset?: unknown;
  begins?: unknown;
  beat?: unknown;
}

/** The interval at which the clock is checked, for rows of held values and for the status line. */
const checkMs = 1000;
/** The time after which a missing task of the federation is reported. */
const patienceMs = 30_000;

export = (RED: NodeAPI): void => {
  RED.nodes.registerType('ftte-window', function (this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const reports = new NodeReports(RED, this);
    construct(this, reports, () => new WindowNode(RED, this, reports, windowConfig(config)).handler);
  });
  migrationRoute(RED, 'ftte-window', migrations);
};

/** The windower of the present settings, and the way its windows are sent. */
interface Cutting {
  readonly windower: Windower;
  readonly input: Task['input'];
  /** True if windows have their scaling. */
  readonly sendsScaling: boolean;
}

/** Cuts windows from messages, and reports its progress. */
class WindowNode {
  private readonly own: OwnLabels | undefined;
  private readonly turns = new MessageTurns();
  private readonly health: StreamHealth;
  private cutting: Cutting | undefined;
  /** Messages that came before the shape of windows was known. */
  private early = 0;
  private readonly startMs: number;
  /** The fields of the last message, for windows that no message completes. */
  private carried: object = {};
  private timer: Timer | undefined;
  private watch: StatusWatch | undefined;
  private connection: Pick<ConnectionWatch, 'online' | 'fault'> | undefined;
  private readonly waiting: WaitingRecord<'task' | 'broker'>;
  private readonly followed: FollowedTask | undefined;
  /** Whether the task's windows have labels. */
  private needsLabels = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly reports: NodeReports,
    private readonly settings: WindowConfig,
  ) {
    this.startMs = reports.clock.now();
    this.waiting = new WaitingRecord(reports.clock);
    this.health = new StreamHealth(
      reports.clock,
      () => this.needsLabels && leadsTo(RED, node, 'ftte-train'),
      (text, code) => reports.warn(text, code),
    );
    if (settings.input) {
      this.own = new OwnLabels();
      this.cutAs(settings.input, this.own.names, 0);
    } else {
      this.followed = followTask(RED, node, settings.federation, {
        onTask: (task) => {
          this.needsLabels = task.kind === 'classification';
          this.cutAs(task.input, task.labels, taskSampleRows(task) - task.input.length);
        },
        onConnection: (connection) => {
          this.connection = connection;
          this.watch?.update();
        },
      });
    }
    onSourceEnd(node, () => this.health.sourceEnded());
    this.watch = new StatusWatch(node, reports, () => this.look(), this.followed?.federation);
    this.checkLater();
    onClose(node, () => {
      this.timer?.cancel();
      this.turns.close();
    });
  }

  readonly handler: InputHandler = (msg, send) => {
    if (!this.turns.isFull) return this.turns.run(() => this.take(msg, send));
    throw new FtteError(
      'not-ready',
      'too many messages wait for one with many readings: this one is dropped',
    );
  };

  private cutAs(input: Task['input'], labels: readonly string[], following: number): void {
    const { settings, health, reports } = this;
    const { arriving, holdMs } = settings;
    const windower = new Windower({
      input,
      labels,
      following,
      maxFill: settings.maxFill,
      format: arriving.format,
      time: arriving.timeFormat,
      batchTime: arriving.batchTime,
      streams: arriving.streams,
      missing: arriving.missing.split(','),
      farValues: arriving.farValues,
      ...(holdMs !== undefined && { holdMs }),
      onRestart: (restart) => {
        health.restarted(restart);
        if (restart.reason !== 'subject')
          reports.warn(`the window was begun again: ${restart.text}`, restart.reason);
      },
      onNotice: (notice) => {
        health.noticed(notice);
        reports.warn(notice.text, notice.code);
      },
      onRefused: (error) => this.refusals.push(error),
    });
    this.cutting = { windower, input, sendsScaling: input.normalisation === 'window' && following > 0 };
    const rows = Math.max(input.length, input.cut ? 0 : input.hop);
    health.begin({ rateHz: input.rateHz, windowMs: (rows * 1000) / input.rateHz, holdMs });
  }

  private refusals: Error[] = [];

  /** @throws FtteError the error of the message */
  private *take(msg: StreamMessage, send: Send): Generator<void, void, void> {
    const { cutting } = this;
    if (msg.reset !== undefined) {
      cutting?.windower.reset();
      return;
    }
    if (!cutting) {
      this.early++;
      return;
    }
    const { payload, begins, ...carried } = msg;
    this.carried = carried;
    this.refusals = [];
    if (begins === true) this.endRecording(cutting, send);
    try {
      const steps = cutting.windower.cut(payload, {
        topic: msg.topic,
        label: this.labelOf(msg),
        time: this.timeOf(msg),
        subject: msg.subject,
        beat: msg.beat,
        receivedMs: this.now(),
      });
      for (const windows of steps) {
        this.send(windows, cutting, send);
        this.health.readingsCame(cutting.windower.received);
        yield;
      }
      this.health.readingsCame(cutting.windower.received);
      if (this.refusals[0]) throw this.refusals[0];
    } catch (error) {
      this.health.refused();
      throw error;
    }
  }

  /** The message begins another recording: the windows of the one before are decided without its readings. */
  private endRecording(cutting: Cutting, send: Send): void {
    this.send(cutting.windower.flush(), cutting, send);
    cutting.windower.reset();
  }

  private send(windows: readonly LabelledWindow[], { input, sendsScaling }: Cutting, send: Send): void {
    if (windows.length === 0) return;
    for (const window of windows) {
      // Each window is a message with its own copy, so that a change in one branch of the flow does not appear in the
      // next window.
      const carried = this.RED.util.cloneMessage(this.carried as NodeMessageInFlow);
      const message = windowMessage(carried, window, [input.length, input.channels.length], this.own);
      if (sendsScaling) message['scaling'] = window.scaling;
      send(message);
    }
    this.health.windowsLeft(
      windows.length,
      windows.some(({ labelName }) => labelName !== undefined),
    );
    this.watch?.update();
  }

  private labelOf(msg: StreamMessage): unknown {
    const { label, labelType } = this.settings;
    if (labelType === 'none') return undefined;
    const value =
      labelType === 'msg'
        ? messageProperty(this.RED, msg, label || 'label')
        : this.RED.util.evaluateNodeProperty(label, labelType, this.node, msg);
    return this.own ? this.own.name(value) : value;
  }

  private timeOf(msg: StreamMessage): unknown {
    const { timestamp, timestampType } = this.settings;
    return timestampType === 'none' ? undefined : messageProperty(this.RED, msg, timestamp || 'timestamp');
  }

  private look(): Look | undefined {
    if (this.cutting) return this.health.look();
    const { online = false, fault } = this.connection ?? {};
    if (fault) return faultLook(fault);
    const { refusal } = this.followed?.follower ?? {};
    if (refusal) return refusalLook(refusal);
    const need = online ? 'task' : 'broker';
    return waitingLook(this.waiting.update(need) ?? { for: need, sinceMs: this.startMs }, this.now());
  }

  private now(): number {
    return this.reports.clock.now();
  }

  private checkLater(): void {
    this.timer = this.reports.clock.after(checkMs, () => {
      this.check();
      this.checkLater();
    });
  }

  private check(): void {
    const { cutting } = this;
    this.health.check();
    if (!cutting) {
      if (this.early > 0 && this.now() - this.startMs >= patienceMs)
        this.reports.warn(`${this.reasonToWait()}: ${counted(this.early, 'message')} dropped`, 'no-task');
      return;
    }
    if (this.settings.holdMs !== undefined) void this.turns.run(() => this.makeRows(cutting));
  }

  private reasonToWait(): string {
    const { federation = '', follower } = this.followed ?? {};
    return follower?.refusal
      ? refusalText(follower.refusal)
      : `no task of the federation "${federation}" has arrived`;
  }

  /** Makes the rows of values that have not changed, which are due by the clock. */
  private *makeRows(cutting: Cutting): Generator<void, void, void> {
    for (const windows of cutting.windower.advance(this.now())) {
      this.send(windows, cutting, (message) => this.node.send(message));
      yield;
    }
  }
}

function windowMessage(carried: object, window: LabelledWindow, shape: number[], own: OwnLabels | undefined) {
  const { labelName, endMs, sample } = window;
  const label = labelName === undefined ? undefined : (own?.value(labelName) ?? labelName);
  const msg: Record<string, unknown> = { ...carried, payload: window.window, shape };
  // The label of the last reading is not that of the window, because its readings may have several labels.
  if (label === undefined) delete msg['label'];
  else msg['label'] = label;
  if (endMs !== undefined) msg['timestamp'] = endMs;
  if (sample) msg['sample'] = sample;
  return msg;
}
