import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/source-files';

interface FlowNode {
  readonly type: string;
  readonly z?: string;
  readonly name?: string;
  readonly x?: number;
  readonly y?: number;
}

type Placed = Required<Pick<FlowNode, 'x' | 'y'>> & FlowNode;

const folder = join(root, 'examples');
/** Pixels of a letter in the wider of the usual fonts. */
const letter = 7.4;
/** Pixels of the button of an inject or debug node, which stands beside the node. */
const button = 25;
const port = 5;
const height = 30;

/** The left and the right end of a node in the editor, with ports and button. */
function extent({ type, name, x }: Placed): readonly [left: number, right: number] {
  const label = name || type.replace('ftte-', '');
  const half = Math.max(100, 20 * Math.ceil((letter * label.length + 57) / 20)) / 2;
  return [x - half - (type === 'inject' ? button : port), x + half + (type === 'debug' ? button : port)];
}

describe('the nodes of an example', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')))
    it(`stand apart, their buttons included: ${file}`, () => {
      const nodes = (JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[]).filter(
        (node): node is Placed => node.x !== undefined && node.y !== undefined && node.type !== 'group',
      );
      assert.ok(nodes.length > 1);
      const close = nodes.flatMap((one, i) =>
        nodes
          .slice(i + 1)
          .filter((other) => other.z === one.z && Math.abs(other.y - one.y) < height)
          .filter((other) => {
            const [left, right] = [one, other].sort((a, b) => a.x - b.x) as [Placed, Placed];
            return extent(right)[0] - extent(left)[1] < 5;
          })
          .map((other) => `${one.name || one.type}, ${other.name || other.type}`),
      );
      assert.deepEqual(close, []);
    });
});
