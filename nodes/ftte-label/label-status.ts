import type { LabellerState } from '../../gateway/stream';
import { type Look, roughTime, shortCount } from '../runtime';

/**
 * The status line of a label node: the label that readings have now and for how long, and how many messages have left
 * with one. Without a label: how many messages are held back.
 * @param isFull whether messages had to leave early, because too many are held back
 */
export function labelLook({ active, labelled, held }: LabellerState, isFull: boolean, nowMs: number): Look {
  const count = shortCount(labelled);
  if (isFull) return { fill: 'yellow', shape: 'ring', key: 'hold-full', words: {} };
  const [first, ...more] = active;
  if (!first) {
    if (held > 0)
      return { fill: 'grey', shape: 'ring', key: 'held', words: { held: shortCount(held), count } };
    return { fill: 'grey', shape: 'ring', key: labelled > 0 ? 'ended' : 'ready', words: { count } };
  }
  if (more.length > 0)
    return { fill: 'green', shape: 'dot', key: 'several', words: { labels: active.length, count } };
  const time = roughTime(nowMs - first.sinceMs);
  return { fill: 'green', shape: 'dot', key: 'active', words: { label: String(first.label), time, count } };
}
