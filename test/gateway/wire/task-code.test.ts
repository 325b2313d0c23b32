import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import { decodeTask, encodeTask, taskDictionary } from '../../../gateway/wire/messages/task-code';
import { task } from './samples';

const packed = (json: string) =>
  new Uint8Array(deflateRawSync(json, { dictionary: Buffer.from(taskDictionary), level: 9 }));

describe('the compressed JSON of a task', () => {
  it('comes back as it was, brackets and quotes in its texts included', () => {
    const strange = { ...task, name: 'a "name" with [[[[[[[[[[ and {"{"{"{"{"{"{"{"{" and \\" at its end\\' };
    for (const each of [task, strange])
      assert.deepEqual(decodeTask(encodeTask(each)), JSON.parse(JSON.stringify(each)));
  });

  it('is refused when a few bytes unpack to more than a task has, without being read', () => {
    const brackets = packed('['.repeat(500_000) + ']'.repeat(500_000));
    assert.ok(brackets.length < 2_000);
    assert.throws(() => decodeTask(brackets), /deeper than 8/);
    assert.throws(() => decodeTask(packed(`${'{"a":'.repeat(9)}0${'}'.repeat(9)}`)), /deeper than 8/);
    assert.deepEqual(decodeTask(packed(`${'['.repeat(8)}${']'.repeat(8)}`)), [[[[[[[[]]]]]]]]);
    assert.throws(() => decodeTask(packed(' '.repeat(100_000_000))), /of at most 1048576 bytes/);
    assert.throws(() => decodeTask(packed('{"name":"'.concat('\\'))), /expected compressed JSON/);
    assert.throws(() => decodeTask(new Uint8Array([1, 2, 3])), /expected compressed JSON/);
  });
});
