/** The engine behind a thread's door. */
export { InlineTrainer } from './inline-trainer';
export { serve } from './serve';
export { WorkerTrainer, type WorkerTrainerOptions } from './worker-trainer';
