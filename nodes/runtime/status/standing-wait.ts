import type { Clock, NoticeCode } from '../../../gateway/platform';
import type { Look } from './look';

/** A wait that is shown from its beginning is said in the log 30 s after it began. */
const sayMs = 20_000;
/** Waits whose reason a person has given: they are said at once. */
const certain = ['paused', 'waiting-aggregation', 'no-aggregation'];
/** Waits that are shown only when they have lasted for 30 s and more. */
const late = ['no-samples', 'no-labels', 'no-other-labels', 'no-windows', 'no-updates', 'no-contributions'];

/** Sentences about waits that nothing else says, by the key of their status. */
const sentences: Readonly<Partial<Record<string, string>>> = {
  'no-task':
    'no task has come: no coordinator runs in __federation__, the federation has another name there, or this user may not read its topics',
  'no-model': 'no model has come, although the task is known: look at the status of the coordinator',
  'no-grant': 'no round is granted: look at the status of the coordinator',
  'no-samples': 'no window has come to learn from: look at the nodes before this one',
  'no-other-labels':
    'all samples have one label: training goes on, but nothing here distinguishes one label from another: look at what sets msg.label',
  'no-aggregation':
    'the coordinator is paused, and nothing is aggregated: gateways go on training, and their updates wait there until the action resume',
  'no-labels':
    'windows come without a label, and nothing is learned: look at what sets msg.label; all readings of a window need one label, so a label has to last longer than a window',
  'no-windows': 'no window has come to predict from: look at the nodes before this one',
  'no-gateways':
    'no gateway is connected: look at the name of the federation of the gateways (here it is __federation__) and at their broker',
  'no-contributions':
    'updates wait, and no version is made: fewer gateways are connected than updates fill the buffer; wait for aggregation.maxWaitMs, or set a smaller aggregation.bufferSize, or auto',
  paused: 'paused by the action pause: nothing is learned until the action resume',
  'no-updates':
    'no update has come, although gateways are connected: look at the status of their train nodes',
};

/** The waits of all nodes of a federation alike: one node says them for the others of this process. */
const common = ['no-aggregation'];
/** The nodes that say them, by code and federation. */
const speakers = new Map<string, StandingWait>();

/** The log of a node, as far as waits need it. */
interface WaitLog {
  warn(text: string, code: NoticeCode): void;
  /** Ends a warning whose cause is over. */
  ended(code: NoticeCode): void;
}

/** Says each standstill of a node once in its log, for people who do not look at the editor. */
export class StandingWait {
  private sentence: string | undefined;
  private sinceMs = 0;
  /** The code that was said, by this node or by another one for it. */
  private said: NoticeCode | undefined;

  /** @param federation name of the node's federation, if it has one */
  constructor(
    private readonly clock: Clock,
    private readonly log: WaitLog,
    private readonly federation?: string,
  ) {}

  /** Takes what the status shows now. Call it about every second. */
  take({ key }: Look): void {
    const now = this.clock.now();
    const code = key.replace(/^waiting-/, 'no-');
    const sentence = certain.includes(key) ? sentences[code] : sentences[key];
    if (sentence !== this.sentence) {
      this.stop();
      Object.assign(this, { sentence, sinceMs: now });
    }
    if (this.said || sentence === undefined) return;
    if (now - this.sinceMs < (late.includes(key) || certain.includes(key) ? 0 : sayMs)) return;
    this.said = code as NoticeCode;
    if (common.includes(code) && !this.speaksFor(code)) return;
    const { federation } = this;
    const name = federation === undefined ? 'this federation' : `the federation "${federation}"`;
    this.log.warn(sentence.replace('__federation__', name), this.said);
  }

  /** The wait is over, or the node ends. */
  stop(): void {
    const { said } = this;
    this.said = undefined;
    if (said === undefined) return;
    const place = placeOf(said, this.federation);
    if (speakers.get(place) === this) speakers.delete(place);
    this.log.ended(said);
  }

  /** Whether this node says a common wait; another one that says it does so for all. */
  private speaksFor(code: string): boolean {
    const place = placeOf(code, this.federation);
    if (!speakers.has(place)) speakers.set(place, this);
    return speakers.get(place) === this;
  }
}

const placeOf = (code: string, federation = '') => `${code} ${federation}`;
