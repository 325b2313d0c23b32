import { SyntheticWearable, Windower } from '../../stream';
import { parseTask } from '../../task';
import { scenarioInvalid } from '../scenario/scenario';
import type { Scenario } from '../scenario/scenario-schema';
import { type DataSet, DataSetBuilder } from './data-set';
import { evenlySpaced } from './evenly-spaced';

/** Windows of synthetic people that wear a sensor; the last of them are test people. */
export function makeSynthetic(spec: Extract<Scenario['data'], { synthetic: unknown }>['synthetic']): DataSet {
  const { people, testPeople, windowsPerPerson, seed } = spec;
  if (testPeople >= people) {
    throw scenarioInvalid(
      'data.synthetic.testPeople',
      `${testPeople}`,
      `fewer than ${people}, the number of people`,
    );
  }
  const builder = new DataSetBuilder();
  const source = new SyntheticWearable({ people: 1 });
  const perActivity = Math.ceil(windowsPerPerson / source.labels.length);
  const perStretch = Math.min(maxStretchWindows, perActivity);
  const stretches = {
    seed,
    rounds: Math.ceil(perActivity / perStretch),
    // Each stretch has the length of a whole number of windows, so that all stretches give the same number.
    seconds: (windowLength + (perStretch - 1) * windowHop) / source.rateHz,
  };
  const description = {
    name: 'synthetic',
    labels: source.labels,
    input: {
      channels: source.channels.map((name, i) => ({ name, unit: source.units[i] ?? '' })),
      rateHz: source.rateHz,
      length: windowLength,
      hop: windowHop,
    },
  };
  // Cut as the window node cuts, but not normalised: the scenario's task decides on the normalisation.
  const { input } = parseTask({
    name: 'synthetic',
    labels: [...source.labels],
    model: { preset: 'cnn1d' },
    input: { ...description.input, normalisation: 'none' },
  });
  for (let number = 1; number <= people; number++) {
    const windower = new Windower({ input, labels: source.labels });
    const stream = new SyntheticWearable({ ...stretches, people: [number] });
    const windows: { window: Float32Array; label: number }[] = [];
    for (const reading of stream.readings()) {
      for (const { window, label } of windower.pushReading(reading)) {
        if (label !== undefined) windows.push({ window, label });
      }
    }
    for (const { window, label } of evenlySpaced(windows, windowsPerPerson)) {
      builder.add(window, label, `person ${number}`, number > people - testPeople ? 1 : 0);
    }
  }
  return builder.build(description);
}

const windowLength = 128;
const windowHop = 64;
/** Windows of one activity in a row, at most. */
const maxStretchWindows = 14;
