import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checklist } from '../../support/checklist';
import { typeErrors } from '../../support/compile';
import { root } from '../../support/source-files';

const messages = 'gateway/wire/messages/from-gateways.ts';
const samples = 'test/gateway/wire/samples.ts';
/** Code that goes by types of messages: it takes those that are added from the table. */
const users = [
  'gateway/session/topics/topics.ts',
  'gateway/session/session.ts',
  'nodes/ftte-train/uplink.ts',
  'nodes/ftte-coordinate/downlink.ts',
];

describe('A type of message', () => {
  it('needs at most five files with its sender and its reader, which docs/development.md lists', () => {
    const { count, items } = checklist('Add a message');
    assert.ok(items.length <= 5 && items.length === count, `${items.length} items, ${count} in words`);
    for (const { path } of items) assert.ok(existsSync(join(root, path.split('<')[0]!)), path);
  });

  it('is its schema: types and topics follow from it, and the build fails until there is a sample of it', function () {
    this.timeout(120_000);
    const text = readFileSync(join(root, messages), 'utf8');
    const added =
      "gossip: defineMessage({ number: 15, fields: ['word'], route: once, schema: z.object({ word: shortText }) }),";
    const changed = text.replace(
      'export const fromGateways = {',
      `export const fromGateways = {\n  ${added}`,
    );
    assert.notEqual(changed, text);
    const errors = typeErrors({ [messages]: changed }, [messages, samples, ...users]);
    assert.deepEqual(Object.keys(errors), [samples]);
    assert.match(errors[samples]!.join(), /Property 'gossip' is missing/);
  });
});
