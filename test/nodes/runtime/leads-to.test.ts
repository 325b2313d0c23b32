import assert from 'node:assert/strict';
import { leadsTo } from '../../../nodes/runtime';

/** Nodes by id with their type and the nodes that they are wired to. */
const flow = (nodes: Record<string, [type: string, ...wired: string[]]>) => ({
  nodes: {
    getNode: (id: string) => {
      const [type, ...wired] = nodes[id] ?? [];
      return type === undefined ? null : { id, type, wires: [wired] };
    },
  },
});

describe('wires from one node to another', () => {
  const leads = (nodes: Parameters<typeof flow>[0]) =>
    leadsTo(flow(nodes) as never, { id: 'window' }, 'ftte-train');

  it('are found directly and by way of other nodes, and not against their direction', () => {
    assert.ok(leads({ window: ['ftte-window', 'a'], a: ['ftte-train'] }));
    assert.ok(
      leads({ window: ['ftte-window', 'b', 'c'], b: ['function', 'a'], c: ['debug'], a: ['ftte-train'] }),
    );
    assert.ok(!leads({ window: ['ftte-window', 'c'], c: ['ftte-predict'], a: ['ftte-train', 'window'] }));
  });

  it('end in flows that go round, and in nodes that do not exist', () => {
    assert.ok(!leads({ window: ['ftte-window', 'b'], b: ['function', 'window', 'gone'] }));
  });

  it('are not followed without end', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`n${i}`, ['function', `n${i + 1}`] as [string, string]]),
    );
    assert.ok(!leads({ ...chain, window: ['ftte-window', 'n0'], n1000: ['ftte-train'] }));
  });
});
