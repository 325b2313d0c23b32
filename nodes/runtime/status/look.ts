import type { NodeStatusFill, NodeStatusShape } from 'node-red';
import { refusalCode, type TaskRefusal } from '../../../gateway/participant';
import type { NoticeCode, Waiting } from '../../../gateway/platform';
import { type JoinRefusal, joinRefusals } from '../../../gateway/security';
import type { Words } from './translate';

/** A status line before its translation. */
export interface Look {
  readonly fill: NodeStatusFill;
  readonly shape: NodeStatusShape;
  /** Key of the text below `status` in the node's own catalog, or in the one that all nodes share. */
  readonly key: string;
  /** Values for the `__word__` places of the text. */
  readonly words?: Words;
}

/** A wait that is shorter is shown without its length. */
const shortWaitMs = 10_000;

/** Yellow, with what is missing and for how long: `no samples for 40 s`. */
export function waitingLook({ for: need, sinceMs }: Waiting<string>, nowMs: number): Look {
  const ms = nowMs - sinceMs;
  const key = ms < shortWaitMs ? `waiting-${need}` : `no-${need}`;
  return { fill: 'yellow', shape: 'ring', key, words: { time: roughTime(ms) } };
}

/** Red, with what is wrong, until something is done about it. */
export const faultLook = (code: NoticeCode | JoinRefusal): Look => ({
  fill: 'red',
  shape: 'ring',
  key: isJoinRefusal(code) ? outKey(code) : code === 'broker-invitation' ? outKey('refused') : code,
});

/** The status of a gateway that is not let in, by the reason. */
export const outKey = (reason: string): string => `out-${reason}`;

/** Whether a fault is that the coordinator does not let this gateway in: the broker is reached then. */
export const isJoinRefusal = (code: NoticeCode | JoinRefusal | undefined): code is JoinRefusal =>
  joinRefusals.some((reason) => reason === code);

/** Yellow: a task has come that this gateway has not taken. */
export const refusalLook = (refusal: TaskRefusal): Look => ({
  fill: 'yellow',
  shape: 'ring',
  key: refusalCode(refusal),
});

/** A time of at most four letters: `30 s` in steps of ten, `12 m`, `3 h`, `90 d`. A status that changes each second would be a message to every editor. */
export function roughTime(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 100) return `${Math.floor(seconds / 10) * 10} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} m`;
  if (seconds < 100 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
