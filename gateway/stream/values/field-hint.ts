import { cut } from '../../platform';

/** Fields of an object that are looked at, and objects inside one another. */
const [mostFields, mostLevels] = [32, 3];

/**
 * Advice on a reading that has none of the channels: a field whose name differs in ways that are hard to see, or objects
 * further inside that have a channel. Begins with a semicolon; empty if there is nothing to say.
 */
export function fieldHint(reading: object, channels: readonly string[]): string {
  for (const field of Object.keys(reading).slice(0, mostFields)) {
    const channel = channels.find((name) => bare(name) === bare(field));
    if (channel !== undefined)
      return `; ${JSON.stringify(cut(field, 40))} differs from ${JSON.stringify(channel)} in case, blanks or the form of its letters`;
  }
  const inner = innerPath(reading, channels, mostLevels);
  if (inner === undefined) return '';
  return `; ${inner.channel} is inside ${inner.path.replace(/^\./, '')}: make that the payload`;
}

/** A name in one Unicode form, in lower case and without blanks around it. */
const bare = (name: string) => name.normalize('NFKC').trim().toLowerCase();

function innerPath(
  reading: object,
  channels: readonly string[],
  levels: number,
): { readonly path: string; readonly channel: string } | undefined {
  if (levels === 0) return undefined;
  for (const field of Object.keys(reading).slice(0, mostFields)) {
    const inner = (reading as Record<string, unknown>)[field];
    if (typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner)) continue;
    const step = Array.isArray(reading)
      ? `[${field}]`
      : /^[\w$]+$/.test(field)
        ? `.${field}`
        : `[${JSON.stringify(cut(field, 40))}]`;
    const channel = channels.find((name) => Object.hasOwn(inner, name));
    if (channel !== undefined) return { path: step, channel };
    const further = innerPath(inner, channels, levels - 1);
    if (further) return { path: step + further.path, channel: further.channel };
  }
  return undefined;
}
