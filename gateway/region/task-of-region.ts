import { FtteError, jsonExcerpt } from '../platform';
import { canonical, fingerprint, type Task, weakerPrivacy } from '../task';

/** The settings of a task that a region may have of its own: how it makes versions, and the privacy of its gateways. */
const ownSettings: ReadonlySet<string> = new Set(['name', 'aggregation', 'privacy', 'warmStart', 'initial']);

/**
 * The task of a region: that of the federation above, with the rules of its own task if it has one.
 * @throws FtteError `task-refused` naming the first field in which its own task differs from the one above, or by which its
 * privacy is weaker; or if masks above
 * would have to be put on by a gateway, which a region is not
 */
export function taskOfRegion(above: Task, own: Task | undefined): Task {
  if (above.aggregation.masked)
    throw new FtteError(
      'task-refused',
      'aggregation.masked: expected a federation above without masked updates, got one with them, in which regions cannot take part yet',
      { field: 'aggregation.masked' },
    );
  if (!own) return above;
  const difference = firstDifference(shared(above), shared(own), '');
  if (difference) {
    const { field, above: expected, own: got } = difference;
    throw new FtteError(
      'task-refused',
      `the task of this region (${fingerprint(shared(own))}) is not that of the federation above (${fingerprint(shared(above))}): ${field}: expected ${jsonExcerpt(expected, 80)}, got ${jsonExcerpt(got, 80)}. Choose no task, or one that differs in aggregation and privacy alone`,
      { field },
    );
  }
  const weaker = weakerPrivacy(own.privacy, above.privacy);
  if (weaker) {
    const { field, got, was, isLimit } = weaker;
    throw new FtteError(
      'task-refused',
      `the task of this region has weaker privacy than that of the federation above: ${field}: expected ${isLimit ? 'at most ' : ''}${was}, got ${got}. Choose no task, or one with the privacy above or more`,
      { field },
    );
  }
  const { aggregation, privacy } = own;
  const { privacy: _, ...rest } = above;
  return { ...rest, aggregation, ...(privacy && { privacy }) };
}

/** The settings that regions and the federation above must agree on. */
const shared = (task: Task): unknown =>
  Object.fromEntries(Object.entries(task).filter(([name]) => !ownSettings.has(name)));

const hasFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

interface Difference {
  readonly field: string;
  readonly above: unknown;
  readonly own: unknown;
}

function firstDifference(above: unknown, own: unknown, field: string): Difference | undefined {
  if (canonical(above) === canonical(own)) return undefined;
  if (!hasFields(above) || !hasFields(own)) return { field, above, own };
  for (const name of new Set([...Object.keys(above), ...Object.keys(own)])) {
    const place = Array.isArray(above) ? `${field}[${name}]` : field ? `${field}.${name}` : name;
    const found = firstDifference(above[name], own[name], place);
    if (found) return found;
  }
  return { field, above, own };
}
