import assert from 'node:assert/strict';
import { SeededRandom, shuffle, VirtualClock } from '../../../gateway/platform';
import { Reassembly, splitBytes } from '../../../gateway/session/chunks';
import type { Chunk, Envelope } from '../../../gateway/wire';

const limits = {
  maxMessageBytes: 1000,
  maxBytes: 2000,
  maxParts: 20,
  maxPerSender: 2,
  maxOpen: 50,
  maxAgeMs: 60_000,
};
const message = Uint8Array.from({ length: 95 }, (_, i) => i);

function chunksOf(id: string, sender = 'gw-1', bytes = message): (Envelope & Chunk)[] {
  const parts = splitBytes(bytes, 10);
  return parts.map((part, index) => ({
    type: 'chunk',
    federation: 'clinic',
    sender,
    sequence: index,
    id,
    index,
    count: parts.length,
    bytes: part,
  }));
}

function reassembly(change: Partial<typeof limits> = {}) {
  const lost: string[] = [];
  const clock = new VirtualClock();
  const room = new Reassembly({ ...limits, ...change }, clock, (detail, sender) =>
    lost.push(`${sender}: ${detail}`),
  );
  return { room, lost, clock };
}

describe('messages in parts', () => {
  it('are put together in any order, even if parts come twice', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { room } = reassembly();
      const parts = chunksOf('a');
      const mixed = shuffle([...parts, ...parts.slice(0, 5)], new SeededRandom(seed));
      const whole = mixed.map((part) => room.take(part, 't')).filter((result) => result !== undefined);
      assert.deepEqual(whole, [message]);
    }
  });

  it('do not mix with the parts of another sender, topic or id', () => {
    const { room } = reassembly({ maxPerSender: 3 });
    const [first, ...rest] = chunksOf('a');
    for (const part of rest) assert.equal(room.take(part, 't'), undefined);
    assert.equal(room.take({ ...first!, sender: 'gw-2' }, 't'), undefined);
    assert.equal(room.take({ ...first!, id: 'b' }, 't'), undefined);
    assert.equal(room.take(first!, 'elsewhere'), undefined);
    assert.deepEqual(room.take(first!, 't'), message);
  });

  for (const [what, change, problem] of [
    ['more parts than the limit', { count: 21 }, /at most 20/],
    ['an index beyond the count', { index: 10 }, /index is 10, .* count 10/],
    ['no bytes', { bytes: new Uint8Array() }, /bytes is empty/],
    [
      'a count that differs from an earlier part',
      { count: 9, index: 5 },
      /expected 10 as in an earlier part/,
    ],
  ] as const) {
    it(`are refused with ${what}`, () => {
      const { room } = reassembly();
      const [first, second] = chunksOf('a');
      room.take(first!, 't');
      assert.throws(() => room.take({ ...second!, ...change }, 't'), problem);
    });
  }

  it('are dropped when they grow beyond the largest message', () => {
    const { room } = reassembly();
    const parts = chunksOf('a', 'gw-1', new Uint8Array(95)).map((part) => ({
      ...part,
      bytes: new Uint8Array(300),
    }));
    for (const part of parts.slice(0, 3)) room.take(part, 't');
    assert.throws(() => room.take(parts[3]!, 't'), /larger than 1000/);
    assert.equal(room.heldBytes, 0);
  });

  it('of the largest incomplete message are dropped when the incomplete messages are too large', () => {
    const { room, lost } = reassembly();
    const large = (part: Envelope & Chunk, size: number) => ({ ...part, bytes: new Uint8Array(size) });
    room.take(large(chunksOf('a', 'small')[0]!, 100), 't');
    for (const sender of ['x', 'y']) room.take(large(chunksOf('a', sender)[0]!, 900), 't');
    room.take(large(chunksOf('a', 'z')[0]!, 950), 't');
    assert.deepEqual(lost.length, 1);
    assert.match(lost[0]!, /^z: 1 of 10 parts/);
    assert.equal(room.heldBytes, 1900);
  });

  it('of the oldest message of a sender are dropped when it begins newer ones', () => {
    const { room, lost } = reassembly();
    for (const id of ['a', 'b', 'c']) room.take(chunksOf(id)[0]!, 't');
    assert.match(lost.join(), /^gw-1: 1 of 10 parts .* newer messages$/);
    assert.equal(room.heldBytes, 20);
  });

  it('are bounded in number, whatever the number of senders: the oldest are dropped first', () => {
    const { room, lost } = reassembly();
    for (let i = 0; i < 60; i++) room.take(chunksOf('a', `gw-${i}`)[0]!, 't');
    assert.equal(room.heldBytes, 50 * 10);
    assert.deepEqual(
      lost.map((text) => text.split(':')[0]),
      Array.from({ length: 10 }, (_, i) => `gw-${i}`),
    );
  });

  it('are dropped when no part comes for a minute, and no timer stays', () => {
    const { room, lost, clock } = reassembly();
    const parts = chunksOf('a');
    room.take(parts[0]!, 't');
    clock.advance(50_000);
    room.take(parts[1]!, 't');
    clock.advance(50_000);
    assert.equal(lost.length, 0);
    clock.advance(60_000);
    assert.equal(lost.length, 1);
    assert.equal(room.heldBytes, 0);
  });
});
