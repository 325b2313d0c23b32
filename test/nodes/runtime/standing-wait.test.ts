import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import type { Look } from '../../../nodes/runtime/status/look';
import { NodeReports } from '../../../nodes/runtime/status/node-reports';
import { StandingWait } from '../../../nodes/runtime/status/standing-wait';
import { FakeNode } from '../../support/node-red/fake-node';

const look = (key: string): Look => ({ fill: 'yellow', shape: 'ring', key });

describe('the wait that a node says in its log', () => {
  it('is said once for all gateways of a federation in this process, again after the next pause, and by each of another federation', () => {
    const clock = new VirtualClock();
    const said: string[] = [];
    const waitOf = (name: string, federation: string) =>
      new StandingWait(clock, { warn: (text) => said.push(`${name}: ${text}`), ended: () => {} }, federation);
    const pumps = ['a', 'b', 'c'].map((name) => waitOf(name, 'pumps'));
    const other = waitOf('d', 'clinic');
    const all = (key: string) => {
      for (const wait of [...pumps, other]) wait.take(look(key));
      clock.advance(1000);
    };
    all('waiting-aggregation');
    all('no-aggregation');
    assert.deepEqual(
      said.map((text) => text[0]),
      ['a', 'd'],
    );
    assert.match(said[0]!, /is paused.*their updates wait/);
    // The one that said it goes on first: the others have nothing to add.
    pumps[0]!.take(look('collecting'));
    pumps[1]!.take(look('no-aggregation'));
    assert.equal(said.length, 2);
    all('collecting');
    all('waiting-aggregation');
    assert.equal(said.length, 4);
  });

  it('is not said again with its number once it is over', () => {
    const clock = new VirtualClock();
    const node = new FakeNode();
    const reports = new NodeReports({ _: (key: string) => key } as never, node as never, clock);
    const wait = new StandingWait(clock, reports);
    for (let i = 0; i < 3; i++) {
      wait.take(look('paused'));
      wait.take(look('collecting'));
    }
    clock.advance(3_600_000);
    assert.equal(node.warnings.length, 1, node.warnings.join('\n'));
  });
});
