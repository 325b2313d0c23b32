import { type LayerSpec, layerKind } from '../../model';
import type { Piece } from '../layers';

/**
 * The layers with names: those of the saved model where ours may have them and they are free. A name that a layer
 * would have anyway is left out.
 */
export function namedLayers(pieces: readonly Piece[]): LayerSpec[] {
  const taken = new Set(['input']);
  const counts = new Map<string, number>();
  const automatic = pieces.map(({ spec }) => {
    const count = counts.get(spec.type) ?? 0;
    counts.set(spec.type, count + 1);
    return count === 0 ? spec.type : `${spec.type}_${count}`;
  });
  const names: (string | undefined)[] = pieces.map(({ layer }, index) => {
    // A saved layer that became several gives its name to the first.
    const wanted = pieces[index - 1]?.layer === layer ? undefined : ownName(layer?.name);
    if (wanted === undefined || taken.has(wanted)) return undefined;
    taken.add(wanted);
    return wanted;
  });
  const settled = names.map((name, index) => name ?? free(automatic[index]!, taken));
  return pieces.map(({ spec, second }, index) => {
    const { name: _, ...rest } = spec;
    const { type, ...settings } = rest as LayerSpec;
    const name = settled[index] === automatic[index] ? {} : { name: settled[index] };
    const setting = layerKind(spec).secondInput;
    const other =
      second === undefined || !setting ? {} : { [setting]: second < 0 ? 'input' : settled[second] };
    return { type, ...name, ...settings, ...other } as LayerSpec;
  });
}

/** A name from outside as ours are written; undefined where nothing is left of it. */
function ownName(name: string | undefined): string | undefined {
  const own = name
    ?.replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, 64);
  return own === '' ? undefined : own;
}

function free(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let i = 1; taken.has(candidate); i++) candidate = `${name}_x${i}`;
  taken.add(candidate);
  return candidate;
}
