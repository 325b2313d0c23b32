import assert from 'node:assert/strict';
import { dataFolder, hasData } from '../../../../bench/support/recordings';
import { type LabelledWindow, RecordingSource, SyntheticEcg, Windower } from '../../../../gateway/stream';
import { parseTask, type TaskInput } from '../../../../gateway/task';

const sides = ['rr_before', 'rr_after', 'rr_before_ratio', 'rr_after_ratio'];

function beatTask(input: Partial<TaskInput['input']> = {}) {
  return parseTask({
    name: 'beats',
    input: {
      channels: [{ name: 'ecg' }, ...sides.map((name) => ({ name, side: true }) as const)],
      ...{ rateHz: 10, length: 4, hop: 4, normalisation: 'none', cut: { kind: 'marks', before: 1 } },
      ...input,
    },
    labels: ['N', 'V'],
    model: { preset: 'mlp' },
  });
}

const windower = (task = beatTask()) => new Windower({ input: task.input, labels: task.labels });
/** Values 0, 1, 2 ..., a beat at some of them. */
function push(target: Windower, count: number, beats: readonly number[], label?: string): LabelledWindow[] {
  return Array.from({ length: count }, (_, i) => [
    ...target.push({ ecg: i }, { beat: beats.includes(i), ...(label && { label }) }),
  ]).flat();
}
const signalOf = ({ window }: LabelledWindow) => Array.from(window).filter((_, i) => i % 5 === 0);
const round = (values: Iterable<number>) => Array.from(values, (value) => Number(value.toPrecision(5)));

describe('Windows at beats', () => {
  it('lie around each marked reading but the first, with the intervals to its neighbours as side inputs', () => {
    const windows = push(windower(), 40, [5, 15, 20, 33]);
    assert.deepEqual(windows.map(signalOf), [
      [14, 15, 16, 17],
      [19, 20, 21, 22],
    ]);
    const mean = 1 + 0.02 * (0.5 - 1);
    assert.deepEqual(
      windows.map(({ window }) => round(window.subarray(1, 5))),
      [round([1, 0.5, 0, Math.log(0.5)]), round([0.5, 1.3, Math.log(0.5 / mean), Math.log(1.3 / mean)])],
    );
  });

  it('are marked by the readings of a batch, and of recordings, too', () => {
    const readings = Array.from({ length: 40 }, (_, i) => ({ ecg: i, beat: [5, 15, 20].includes(i) }));
    assert.deepEqual(windower().push(readings).map(signalOf), [[14, 15, 16, 17]]);
    const target = windower();
    const windows = readings.flatMap(({ ecg, beat }) => [...target.pushReading({ values: [ecg], beat })]);
    assert.deepEqual(windows.map(signalOf), [[14, 15, 16, 17]]);
  });

  it('have the label of the reading at the beat, and the time of their last reading', () => {
    const target = windower();
    const windows = Array.from({ length: 30 }, (_, i) => [
      ...target.push(
        { ecg: i },
        { beat: [5, 15, 20].includes(i), label: i === 15 ? 'V' : 'N', time: 1_700_000_000_000 + i * 100 },
      ),
    ]).flat();
    assert.deepEqual(
      windows.map(({ labelName, endMs }) => [labelName, endMs]),
      [['V', 1_700_000_001_700]],
    );
  });

  it('come after three seconds if there is no beat any more', () => {
    const windows = push(windower(), 60, [5, 15]);
    assert.deepEqual(round(windows[0]!.window.subarray(1, 3)), [1, 3]);
    assert.equal(windows.length, 1);
  });

  it('account for every reading, in windows, between them, lost and waiting', () => {
    const target = windower();
    push(target, 100, [3, 15, 17, 30, 80, 90, 95]);
    target.push({ ecg: Number.NaN }, {});
    push(target, 50, [3, 15, 30, 40]);
    const { received, filledRows, inWindows, between, lost, waiting, held, refused } = target.counts;
    const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
    assert.equal(received + filledRows, inWindows + between + lost + waiting + held + refusals);
    assert.ok(between > 0 && inWindows > 0);
  });

  it('hold no readings of two sides of a gap', () => {
    const target = windower();
    const at = (i: number) => 1_700_000_000_000 + i * 100 + (i >= 16 ? 60_000 : 0);
    const windows = Array.from({ length: 60 }, (_, i) => [
      ...target.push({ ecg: i }, { beat: [5, 15, 30, 40, 50].includes(i), time: at(i) }),
    ]).flat();
    assert.deepEqual(windows.map(signalOf), [[39, 40, 41, 42]]);
  });

  it('are cut at the peaks of an electrocardiogram', () => {
    const input = { rateHz: 125, length: 100, cut: { kind: 'beats', before: 50 } } as const;
    const task = beatTask(input);
    const target = new Windower({ input: task.input, labels: task.labels });
    const windows: LabelledWindow[] = [];
    for (const reading of new SyntheticEcg({ people: [1], seconds: 60, ectopic: 0 }).readings())
      windows.push(...target.pushReading(reading));
    assert.ok(windows.length > 50 && windows.length < 95, `${windows.length} windows`);
    for (const window of windows) {
      const signal = signalOf(window);
      const peak = signal.indexOf(Math.max(...signal));
      assert.ok(Math.abs(peak - 50) <= 2, `a peak at ${peak}`);
    }
  });

  it('are those of a recording with its beats marked by hand, with the same intervals', async function () {
    if (!hasData('mitbih')) return this.skip();
    const source = await RecordingSource.open(dataFolder('mitbih'), { subjects: ['103'] });
    const cut = { kind: 'beats', before: 75 } as const;
    const task = beatTask({ rateHz: 125, length: 187, cut });
    const target = new Windower({ input: task.input, labels: [] });
    const cutWindows: LabelledWindow[] = [];
    for (const { values, timeMs } of source.readings())
      cutWindows.push(...target.pushReading({ values, ...(timeMs !== undefined && { timeMs }) }));
    const marked = [...source.windows()];
    assert.ok(Math.abs(cutWindows.length - marked.length) <= 4, `${cutWindows.length} of ${marked.length}`);
    // The first beat of a run is left out.
    const offset = cutWindows.findIndex(
      (each) => Math.abs(each.window[1]! * 1000 - marked[1]!.intervals![0]) < 20,
    );
    const alike = marked.slice(1).filter(({ intervals }, i) => {
      const [before, after] = cutWindows[i + offset]?.window.subarray(1, 3) ?? [];
      return Math.abs(before! * 1000 - intervals![0]) < 25 && Math.abs(after! * 1000 - intervals![1]) < 25;
    });
    assert.ok(alike.length > 0.95 * marked.length, `${alike.length} of ${marked.length}`);
  });
});

describe('A task whose windows are cut at beats', () => {
  const refused: [what: string, input: object, message: RegExp][] = [
    [
      'a window that ends before its beat',
      { cut: { kind: 'marks', before: 4 } },
      /cut\.before: is 4, expected less than the 4/,
    ],
    [
      'too low a rate',
      { cut: { kind: 'beats', before: 1 } },
      /cut\.kind: is "beats" at 10 readings per second, expected 50/,
    ],
    [
      'a channel that it does not have',
      { rateHz: 125, cut: { kind: 'beats', channel: 'pulse', before: 1 } },
      /cut\.channel: "pulse" is no signal of the task, expected one of ecg/,
    ],
  ];
  for (const [what, input, message] of refused)
    it(`refuses ${what}`, () => {
      assert.throws(() => beatTask(input), { code: 'task-invalid', message });
    });

  it('is the same task with "hop" as without a setting', () => {
    assert.ok(!('cut' in beatTask({ cut: { kind: 'hop' } }).input));
  });
});
