import type { Drop } from '../../session';
import type { TaskRefusal } from './task-gate';

/** The start of the sentence about a task with a wrong value, which says no more than that. */
const prefix = /^task\.task is an object: /;

/**
 * The refusal of a task that a gateway cannot read. A coordinator checks its own task, so what this package does not know
 * is of another version of it, unless somebody else publishes on the coordinator's topic.
 * @param taskTopic of the federation
 * @returns undefined if the bytes that were dropped are no such task
 */
export function notUnderstood(
  { reason, type, topic, detail }: Drop,
  taskTopic: string,
): TaskRefusal | undefined {
  const kind = 'not-understood';
  if (reason === 'version' && topic === taskTopic) return { kind, text: detail };
  if (reason === 'type' && topic === taskTopic)
    return { kind, text: `is this gateway's package older than the coordinator's? Update it. A ${detail}` };
  if (reason !== 'field' || type !== 'task') return undefined;
  const text = `is this gateway's package older than the coordinator's? Update it. ${detail.replace(prefix, '')}`;
  return { kind, text };
}
