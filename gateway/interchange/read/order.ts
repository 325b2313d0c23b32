import type { Problems } from '../format/problems';
import type { SavedGraph, SavedLayer } from '../format/saved-graph';

/** A layer in the order of computing. */
export interface Link {
  readonly layer: SavedLayer;
  /** The layers that it takes, in its own order. */
  readonly sources: readonly string[];
  /** Which of them the list goes on from; the others are further up. */
  readonly main: number;
  /** Whether its main source is not the layer before it in the list, which then waits for a later one. */
  readonly startsBranch: boolean;
}

/** Most layers that one takes. */
const maxSources = 64;

/** Classes that take several layers. */
const joining: readonly string[] = ['Add', 'Concatenate'];

/**
 * Puts the layers between input and output in one order, as our layer lists have them: each after those that it takes. Of
 * the sources of a join, branches of their own come first, in their order, and the last is the one the list goes on from.
 */
export function orderOf(graph: SavedGraph, problems: Problems): Link[] {
  const byName = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const links: Link[] = [];
  const done = new Set([graph.inputName]);
  const open = new Set<string>();
  let reached = graph.inputName;

  /** @returns false if the layer cannot be reached */
  const visit = (name: string): boolean => {
    if (done.has(name)) return true;
    const layer = byName.get(name);
    if (!layer || open.has(name)) {
      problems.add(`layer "${name}" is not between the model's input and its output`);
      return false;
    }
    const sources = sourcesOf(layer, problems);
    if (!sources) return false;
    open.add(name);
    const main = mainOf(sources, byName);
    const apart = sources.filter((source, i) => i !== main && !isAncestor(source, sources[main]!, byName));
    if (![...apart, sources[main]!].every(visit)) return false;
    links.push({ layer, sources, main, startsBranch: reached !== sources[main] });
    done.add(name);
    reached = name;
    return true;
  };
  return visit(graph.outputName) ? links : [];
}

function sourcesOf(layer: SavedLayer, problems: Problems): readonly string[] | undefined {
  const { name, className, calls } = layer;
  const [sources = [], ...more] = calls;
  const where = `layer "${name}" (${className})`;
  if (more.length > 0) problems.add(`${where} is called ${more.length + 1} times, expected once`);
  if (sources.length === 0) {
    problems.add(`${where} takes nothing, expected a layer before it`);
    return undefined;
  }
  if (sources.length > maxSources) {
    problems.add(`${where} takes ${sources.length} layers, at most ${maxSources}`);
    return undefined;
  }
  if (sources.length > 1 && !joining.includes(className)) {
    problems.add(`${where} takes ${sources.length} layers; supported for ${joining.join(' and ')} only`);
  }
  return sources;
}

type ByName = ReadonlyMap<string, SavedLayer>;

/** The last source that none of the others is made of. */
function mainOf(sources: readonly string[], byName: ByName): number {
  const places = sources.map((_, i) => i).reverse();
  const isLast = (i: number) =>
    !sources.some((other) => other !== sources[i] && isAncestor(sources[i]!, other, byName));
  return places.find(isLast) ?? sources.length - 1;
}

/** Whether a layer is made of another, or is it. */
function isAncestor(name: string, of: string, byName: ByName): boolean {
  const waiting = [of];
  const seen = new Set(waiting);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === name) return true;
    for (const source of byName.get(next)?.calls.flat() ?? []) {
      if (seen.has(source)) continue;
      seen.add(source);
      waiting.push(source);
    }
  }
  return false;
}
