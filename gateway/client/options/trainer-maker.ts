import { type Trainer, WorkerTrainer } from '../../engine';
import { describeValue, FtteError } from '../../platform';
import { hasMethods } from './check-settings';

const methods = ['configure', 'setParameters', 'train', 'evaluate', 'predict', 'cancel', 'close'];

/**
 * The option `createTrainer` with its default, an engine in a thread.
 * @returns a function that throws FtteError `config-invalid` if the caller's function gives no trainer
 */
export function trainerMaker(make: () => Trainer = () => new WorkerTrainer()): () => Trainer {
  return () => {
    const trainer: unknown = make();
    if (hasMethods(trainer, methods)) return trainer as Trainer;
    throw new FtteError(
      'config-invalid',
      `createTrainer: expected a function that returns a trainer with the methods ${methods.join(', ')}, got ${describeValue(trainer)}`,
      { field: 'createTrainer' },
    );
  };
}
