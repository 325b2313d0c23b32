import type { Trainer } from '../../engine';
import type { SampleStore } from '../../stream';
import type { Evaluation } from '../../wire';

/** Bytes of windows that go to the engine in one request: copying them must not hold the event loop. */
const chunkBytes = 256 * 1024;

/**
 * Measures the parameters that a trainer holds on held-out windows, of which there must be some.
 * @param labels number of labels; 0 for a task without labels, of which only the loss is measured
 * @throws FtteError as the trainer
 */
export async function evaluateHeldOut(
  trainer: Pick<Trainer, 'evaluate'>,
  store: SampleStore,
  labels: number,
): Promise<Evaluation> {
  const samples = store.list();
  const size = samples[0]!.window.byteLength;
  const chunk = Math.max(1, Math.floor(chunkBytes / size));
  const counts = new Array<number>(labels).fill(0);
  const right = new Array<number>(labels).fill(0);
  let loss = 0;
  for (let from = 0; from < samples.length; from += chunk) {
    const part = store.batch(samples.slice(from, from + chunk));
    const result = await trainer.evaluate(part);
    loss += result.loss * result.count;
    const classes = Math.round(Math.sqrt(result.confusion.length));
    for (let label = 0; label < Math.min(labels, classes); label++) {
      const row = result.confusion.subarray(label * classes, (label + 1) * classes);
      counts[label]! += row.reduce((sum, count) => sum + count, 0);
      right[label]! += row[label]!;
    }
  }
  return { windows: samples.length, loss: loss / samples.length, counts, right };
}
