import type { Problems } from '../format/problems';
import type { SavedGraph, SavedLayer } from '../format/saved-graph';

/** A layer in the order of computing: `main` is the layer before it, `sides` what else it takes (an Add only). */
export interface Link {
  readonly layer: SavedLayer;
  readonly main: string;
  readonly sides: readonly string[];
}

/**
 * Lays the graph out as one chain from input to output, as our layer lists are. Residual connections fit in (an Add of
 * the chain's own earlier values), forks with layers of their own do not.
 */
export function chainOf(graph: SavedGraph, problems: Problems): Link[] {
  const byName = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const depths = depthsOf(graph, byName);
  const links: Link[] = [];
  const seen = new Set<string>();
  let name = graph.outputName;
  while (name !== graph.inputName) {
    const layer = byName.get(name);
    if (!layer || seen.has(name)) {
      problems.add(`layer "${name}" is not between the model's input and its output`);
      return [];
    }
    seen.add(name);
    const link = linkOf(layer, depths, problems);
    if (!link) return [];
    links.push(link);
    name = link.main;
  }
  links.reverse();
  const before = new Set([graph.inputName]);
  for (const { layer, sides } of links) {
    for (const side of sides) {
      if (before.has(side)) continue;
      problems.add(
        `layer "${layer.name}" (${layer.className}) takes "${side}", which lies on a branch of its own; an Add can take the input or an earlier layer of the one chain`,
      );
    }
    before.add(layer.name);
  }
  return links;
}

function linkOf(layer: SavedLayer, depths: Depths, problems: Problems): Link | undefined {
  const [sources = [], ...more] = layer.calls;
  if (more.length > 0) {
    problems.add(
      `layer "${layer.name}" (${layer.className}) is called ${more.length + 1} times, expected once`,
    );
  }
  const [main, ...sides] = [...sources].sort((a, b) => (depths.get(b) ?? 0) - (depths.get(a) ?? 0));
  if (main === undefined) {
    problems.add(`layer "${layer.name}" (${layer.className}) takes nothing, expected a layer before it`);
    return undefined;
  }
  if (sides.length > 0 && layer.className !== 'Add') {
    problems.add(
      `layer "${layer.name}" (${layer.className}) takes ${sources.length} layers; supported for Add only`,
    );
  }
  return { layer, main, sides };
}

type Depths = ReadonlyMap<string, number>;

/** The longest way from the input to each layer; layers of a cycle have none. */
function depthsOf(graph: SavedGraph, byName: ReadonlyMap<string, SavedLayer>): Depths {
  const depths = new Map([[graph.inputName, 0]]);
  let waiting = [...byName.values()];
  while (waiting.length > 0) {
    const left = waiting.filter((layer) => {
      const sources = layer.calls.flat();
      if (!sources.every((name) => depths.has(name))) return true;
      depths.set(layer.name, 1 + Math.max(0, ...sources.map((name) => depths.get(name) ?? 0)));
      return false;
    });
    if (left.length === waiting.length) break;
    waiting = left;
  }
  return depths;
}
