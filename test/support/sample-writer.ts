/** A child process that keeps samples in a file: `sample-writer.ts FILE`. It prints how many it has added, and never ends. */
import { systemClock, systemRandom } from '../../gateway/platform';
import { PersistedSamples, SampleStore } from '../../gateway/stream';
import { smallTask } from '../gateway/stream/tools';

const random = systemRandom();
const store = new SampleStore({ capacity: 100_000, random });
const fail = (error: unknown) => {
  throw error;
};
const samples = new PersistedSamples({
  store,
  file: process.argv[2],
  clock: systemClock,
  random,
  onProblem: fail,
  onRecovered: fail,
});

async function run(): Promise<void> {
  await samples.open();
  store.fit(smallTask());
  for (let added = 0; ; ) {
    store.add({ window: new Float32Array(8).fill(added), label: 0 });
    added++;
    // As a stream does: some time passes between two windows.
    await new Promise((resolve) => setTimeout(resolve, 2));
    process.stdout.write(`added ${added}\n`);
  }
}

run().catch(fail);
