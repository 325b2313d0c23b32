import { createEngine, InlineTrainer, type Trainer } from '../../../../gateway/engine';
import { SeededRandom } from '../../../../gateway/platform';
import type { Sample } from '../../../../gateway/stream';
import type { Task, TaskInput } from '../../../../gateway/task';
import { tinyTask } from '../fleet-harness';

/** A task of two labels that one hidden layer distinguishes, by whether the two readings differ. */
export const separableTask = (more: Partial<TaskInput> = {}): Task =>
  tinyTask({
    labels: ['same', 'different'],
    model: {
      layers: [
        { type: 'flatten' },
        { type: 'dense', units: 6 },
        { type: 'relu' },
        { type: 'dense', units: 2 },
      ],
    },
    training: { batchSize: 8, learningRate: 0.1 },
    aggregation: { bufferSize: 1, averageVersions: 1 },
    ...more,
  });

const random = new SeededRandom(4);

/** A sample of the task; its label alternates with `i`. */
export function sample(i: number): Sample {
  const [a, b] = [random.normal(), random.normal()];
  const label = i % 2;
  return { window: Float32Array.of(a, label === 1 ? -a : a + 0.1 * b), label };
}

/** Creates engines that run in this thread, and knows which of them are open. */
export class TrainerFactory {
  readonly open = new Set<Trainer>();

  readonly create = (): Trainer => {
    const trainer = new InlineTrainer(createEngine('javascript'));
    const close = trainer.close.bind(trainer);
    trainer.close = async () => {
      this.open.delete(trainer);
      await close();
    };
    this.open.add(trainer);
    return trainer;
  };
}
