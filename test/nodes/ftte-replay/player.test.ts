import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import type { Reading, ReadingSource } from '../../../gateway/stream';
import { Player, type PlayerOptions, type Progress } from '../../../nodes/ftte-replay/player';

/** `count` readings at 50 Hz; every tenth reading another label, the second half another person. */
function sourceOf(count: number, overrides: Partial<ReadingSource> = {}): ReadingSource {
  return {
    channels: ['x'],
    rateHz: 50,
    labels: ['a', 'b'],
    subjects: ['anna', 'bert'],
    length: count,
    *readings() {
      for (let i = 0; i < count; i++) {
        const subject = i < count / 2 ? 'anna' : 'bert';
        yield { values: [i], label: Math.floor(i / 10) % 2 ? 'b' : 'a', timeMs: 1000 + i * 20, subject };
      }
    },
    ...overrides,
  };
}

/** Settles all promises that wait on nothing outside. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function playerOf(overrides: Partial<PlayerOptions>) {
  const clock = new VirtualClock();
  const batches: Reading[][] = [];
  const progress: Progress[] = [];
  let turns = 0;
  const player = new Player({
    source: sourceOf(200),
    speed: Number.POSITIVE_INFINITY,
    rateHz: 50,
    loop: false,
    maxBatch: 64,
    clock,
    emit: (batch) => batches.push([...batch]),
    endPass: () => undefined,
    onProgress: (step) => progress.push(step),
    onInterrupted: () => undefined,
    breathe: async () => {
      turns++;
      await settle();
    },
    ...overrides,
  });
  return { player, clock, batches, progress, turns: () => turns };
}

describe('the player of recordings', () => {
  it('sends every reading once and in order, and reports the end', async () => {
    const { player, batches } = playerOf({});
    assert.equal(await player.play(), 'end');
    assert.deepEqual(
      batches.flat().map((reading) => reading.values[0]),
      Array.from({ length: 200 }, (_, i) => i),
    );
  });

  it('puts readings of two labels or two people in different batches', async () => {
    const { player, batches } = playerOf({});
    await player.play();
    for (const batch of batches) {
      assert.equal(new Set(batch.map(({ label }) => label)).size, 1);
      assert.equal(new Set(batch.map(({ subject }) => subject)).size, 1);
    }
    assert.ok(batches.length >= 20);
  });

  it('lets others have a turn after every 64 readings, however fast it plays', async () => {
    const { player, turns } = playerOf({ source: sourceOf(640) });
    await player.play();
    assert.equal(turns(), 10);
  });

  it('keeps real time times the speed', async () => {
    const { player, clock, batches } = playerOf({ speed: 10 });
    const played = player.play();
    // 50 Hz times 10: 500 readings per second.
    for (let ms = 0; ms < 200; ms += 20) {
      await settle();
      clock.advance(20);
    }
    await settle();
    const sent = batches.flat().length;
    assert.ok(sent >= 85 && sent <= 100, `${sent} readings after 0.2 s`);
    player.stop();
    assert.equal(await played, 'stopped');
  });

  it('does not catch up with what a machine that slept has missed', async () => {
    const { player, clock, batches } = playerOf({ speed: 1, source: sourceOf(5000) });
    const played = player.play();
    await settle();
    clock.advance(60_000);
    await settle();
    const sent = batches.flat().length;
    assert.ok(sent <= 55, `${sent} readings after a sleep of a minute at 50 Hz`);
    player.stop();
    await played;
  });

  it('stops while it waits for a reading that is far from due', async () => {
    const { player, batches } = playerOf({ speed: 0.001 });
    const played = player.play();
    await settle();
    player.stop();
    assert.equal(await played, 'stopped');
    assert.equal(batches.length, 0);
  });

  it('goes on in time when it begins again', async () => {
    const { player, batches } = playerOf({ loop: true, source: sourceOf(20), maxBatch: 1 });
    const played = player.play();
    while (batches.length < 60) await settle();
    player.stop();
    await played;
    const times = batches.slice(0, 60).map(([reading]) => reading?.timeMs ?? Number.NaN);
    for (let i = 1; i < times.length; i++) assert.ok(times[i]! > times[i - 1]!, `time at ${i}`);
  });

  it('marks the first reading of each later pass, and sends it in a message of its own', async () => {
    const batches: (readonly Reading[])[] = [];
    const { player } = playerOf({
      loop: true,
      source: sourceOf(5, { subjects: [] }),
      emit: (batch) => {
        batches.push([...batch]);
        if (batches.flat().length >= 15) player.stop();
      },
    });
    await player.play();
    const begun = batches.flat().flatMap(({ begins }, i) => (begins ? [i] : []));
    assert.deepEqual(begun, [5, 10]);
    for (const batch of batches) assert.ok(batch.slice(1).every(({ begins }) => !begins));
  });

  it('ends at once, looping or not, where there is nothing to play', async () => {
    const { player } = playerOf({ loop: true, source: sourceOf(0) });
    assert.equal(await player.play(), 'end');
  });

  it('rejects with the failure of the source, after it has sent what came before, and ends the pass', async () => {
    const failing = sourceOf(10, {
      async *readings() {
        yield { values: [1] };
        throw new Error('disk gone');
      },
    });
    let ended = 0;
    const { player, batches } = playerOf({ source: failing, endPass: () => ended++ });
    await assert.rejects(player.play(), /disk gone/);
    assert.deepEqual([batches.flat().length, ended], [1, 1]);
  });

  it('begins the next pass of a loop after a failure, with a pause', async () => {
    let passes = 0;
    const failing = sourceOf(10, {
      async *readings() {
        passes++;
        yield { values: [passes] };
        throw new Error('disk gone');
      },
    });
    const failures: unknown[] = [];
    const onInterrupted = (error: unknown) => failures.push(error);
    const { player, clock, batches } = playerOf({ source: failing, loop: true, onInterrupted });
    const played = player.play();
    while (failures.length === 0) await settle();
    assert.deepEqual([passes, batches.flat().length], [1, 1]);
    for (let i = 0; i < 5; i++) await settle();
    assert.equal(passes, 1, 'it waits');
    clock.advance(1000);
    while (failures.length === 1) await settle();
    assert.deepEqual([passes, batches.flat().length], [2, 2]);
    player.stop();
    assert.equal(await played, 'stopped');
  });

  it('does not try again if nothing came before the failure', async () => {
    const failing = sourceOf(10, {
      // biome-ignore lint/correctness/useYield: it fails before its first reading
      async *readings() {
        throw new Error('no disk');
      },
    });
    const { player } = playerOf({ source: failing, loop: true });
    await assert.rejects(player.play(), /no disk/);
  });

  it('reports the share played, the person and the pass', async () => {
    const { player, progress } = playerOf({});
    await player.play();
    assert.deepEqual(progress.at(-1), { readings: 200, share: 1, subject: 'bert', pass: 0 });
    assert.ok(
      progress.some(({ share, subject }) => share !== undefined && share < 0.5 && subject === 'anna'),
    );
  });
});
