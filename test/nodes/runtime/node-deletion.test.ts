import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Node, NodeAPI } from 'node-red';
import { cancelDeletion, onNodeDeleted } from '../../../nodes/runtime';

/** A Node-RED with these nodes in its flows. */
function nodeRed(inFlows: readonly string[]) {
  const events = new EventEmitter();
  const eachNode = (visit: (node: { id: string }) => void) => {
    for (const id of inFlows) visit({ id });
  };
  return { events, RED: { events, nodes: { eachNode } } as unknown as NodeAPI };
}

const nodeOf = (id: string) => ({ id }) as Node;
const names = Array.from({ length: 40 }, (_, i) => `node-${i}`);

describe('the deletion of a node', () => {
  it('is noticed for each of many nodes with one listener, which goes with the last of them', async () => {
    const { events, RED } = nodeRed(names.slice(10));
    const forgotten: string[] = [];
    for (const id of names)
      onNodeDeleted(RED, nodeOf(id), () => {
        forgotten.push(id);
        return Promise.resolve();
      });
    assert.equal(events.listenerCount('flows:started'), 1);
    events.emit('flows:started');
    events.emit('flows:started');
    await Promise.resolve();
    assert.deepEqual(forgotten, names.slice(0, 10));
    for (const id of names) cancelDeletion(nodeOf(id));
    assert.equal(events.listenerCount('flows:started'), 0);
  });

  it('is not looked for any more at a node that runs again', async () => {
    const { events, RED } = nodeRed([]);
    const forgotten: string[] = [];
    for (const id of ['back', 'gone'])
      onNodeDeleted(RED, nodeOf(id), () => {
        forgotten.push(id);
        return Promise.resolve();
      });
    cancelDeletion(nodeOf('back'));
    events.emit('flows:started');
    await Promise.resolve();
    assert.deepEqual(forgotten, ['gone']);
  });
});
