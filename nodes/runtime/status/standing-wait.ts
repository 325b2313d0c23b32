import type { Clock, NoticeCode } from '../../../gateway/platform';
import type { Look } from './look';

/** A wait that is shown from its beginning is said in the log 30 s after it began. */
const sayMs = 20_000;
/** Waits that are shown only when they have lasted for 30 s and more. */
const late = ['no-samples', 'no-labels', 'no-windows', 'no-updates'];

/** Sentences about waits that nothing else says, by the key of their status. */
const sentences: Readonly<Partial<Record<string, string>>> = {
  'no-task':
    'no task has come: no coordinator runs in this federation, the federation has another name there, or this user may not read its topics',
  'no-model': 'no model has come, although the task is known: look at the status of the coordinator',
  'no-grant': 'no round is granted: look at the status of the coordinator',
  'no-samples': 'no window has come to learn from: look at the nodes before this one',
  'no-labels': 'windows come without a label, and nothing is learned: look at what sets msg.label',
  'no-windows': 'no window has come to predict from: look at the nodes before this one',
  'no-gateways':
    'no gateway is connected: look at the name of the federation and at the broker of the gateways',
  'no-updates':
    'no update has come, although gateways are connected: look at the status of their train nodes',
};

/** Says each standstill of a node once in its log, for people who do not look at the editor. */
export class StandingWait {
  private key = '';
  private sinceMs = 0;
  private said = false;

  constructor(
    private readonly clock: Clock,
    private readonly say: (text: string, code: NoticeCode) => void,
  ) {}

  /** Takes what the status shows now. Call it about every second. */
  take({ key }: Look): void {
    const now = this.clock.now();
    if (key !== this.key) Object.assign(this, { key, sinceMs: now, said: false });
    const sentence = sentences[key];
    if (this.said || sentence === undefined) return;
    if (now - this.sinceMs < (late.includes(key) ? 0 : sayMs)) return;
    this.said = true;
    this.say(sentence, key as NoticeCode);
  }
}
