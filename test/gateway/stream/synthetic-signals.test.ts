import assert from 'node:assert/strict';
import { type Reading, type ReadingSource, SyntheticEcg, SyntheticVitals } from '../../../gateway/stream';
import { refusal } from './tools';

const play = (source: ReadingSource) => [...(source.readings() as Iterable<Reading>)];
const values = (readings: Reading[]) => readings.map((reading) => [...reading.values]);
const mean = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

type Options = { people?: number | number[]; seed?: number; seconds?: number };
const sources: [string, (options: Options) => ReadingSource][] = [
  ['vital signs', (options) => new SyntheticVitals(options)],
  ['ECG', (options) => new SyntheticEcg(options)],
];

for (const [name, make] of sources) {
  describe(`synthetic ${name}`, () => {
    it('has as many readings as it announces, evenly timed, person after person', () => {
      const source = make({ people: 2, seconds: 20 });
      const readings = play(source);
      assert.equal(readings.length, source.length);
      assert.equal(source.length, 2 * 20 * source.rateHz!);
      assert.deepEqual(source.subjects, ['person 1', 'person 2']);
      assert.ok(Math.abs(readings[1]!.timeMs! - readings[0]!.timeMs! - 1000 / source.rateHz!) < 1e-6);
      for (const each of readings) {
        assert.equal(each.values.length, source.channels.length);
        assert.ok([...each.values].every(Number.isFinite));
        assert.ok(source.labels.includes(each.label as string));
      }
    });

    it('repeats bit for bit with its seed, and gives each person the same stream, whatever the other people are', () => {
      const of = (people: number[], seed = 1) => values(play(make({ people, seed, seconds: 5 })));
      assert.deepEqual(of([2]), of([2]));
      const both = of([1, 2]);
      assert.deepEqual(both.slice(both.length / 2), of([2]));
      assert.notDeepEqual(of([1]), of([2]));
      assert.notDeepEqual(of([1], 1), of([1], 2));
    });

    it('refuses settings that give no readings', () => {
      for (const options of [{ people: 0 }, { people: [] }, { seconds: 0 }, { seconds: Number.NaN }])
        assert.throws(() => make(options), refusal('config-invalid', Object.keys(options)[0]!));
    });
  });
}

describe('synthetic vital signs', () => {
  const readings = play(new SyntheticVitals({ people: 6 }));
  const channel = (c: number, label?: string) =>
    readings.filter((each) => label === undefined || each.label === label).map((each) => each.values[c]!);

  it('stay in the range of a living person', () => {
    const limits = [
      [45, 185],
      [7, 40],
      [90, 100],
      [30, 36],
    ];
    limits.forEach(([low, high], c) => {
      const all = channel(c);
      assert.ok(
        Math.min(...all) > low! && Math.max(...all) <= high!,
        `${Math.min(...all)} ${Math.max(...all)}`,
      );
    });
  });

  it('follow effort as in a body: heart and breathing are faster, and there is less oxygen', () => {
    assert.ok(mean(channel(0, 'EFFORT')) > mean(channel(0, 'REST')) + 5);
    assert.ok(mean(channel(1, 'EFFORT')) > mean(channel(1, 'REST')) + 1);
    assert.ok(mean(channel(2, 'EFFORT')) < mean(channel(2, 'REST')) - 0.2);
  });
});

describe('synthetic ECG', () => {
  /** The times of the R peaks of ordinary beats, where the signal rises through half a millivolt. */
  const peaks = (readings: Reading[]) =>
    readings.flatMap(({ values: [value = 0], timeMs = 0 }, i) =>
      i > 0 && value > 0.5 && readings[i - 1]!.values[0]! <= 0.5 ? [timeMs] : [],
    );

  it('beats at the rate of a heart at rest', () => {
    for (const person of [1, 2, 3, 4]) {
      const times = peaks(play(new SyntheticEcg({ people: [person], seconds: 60, ectopic: 0 })));
      assert.ok(times.length > 52 && times.length < 95, `${times.length} beats a minute`);
    }
  });

  it('has the requested share of early beats, each with a pause after it', () => {
    const readings = play(new SyntheticEcg({ people: [1], seconds: 600, ectopic: 0.05 }));
    const starts = readings.filter(({ label }, i) => label === 'V' && readings[i - 1]?.label !== 'V');
    const beats = peaks(readings).length;
    assert.ok(starts.length / beats > 0.025 && starts.length / beats < 0.085, `${starts.length} of ${beats}`);
    assert.ok(play(new SyntheticEcg({ people: [1], ectopic: 0 })).every(({ label }) => label === 'N'));
    const quiet = starts.filter(({ timeMs }) => {
      const after = peaks(readings).find((time) => time > timeMs! + 400)!;
      return after - timeMs! > 850;
    });
    assert.ok(quiet.length > 0.9 * starts.length, `${quiet.length} of ${starts.length}`);
  });
});
