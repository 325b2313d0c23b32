import type { Sample } from '../stream';
import type { Components, ModelComponents } from './components';

/** Options of `LearningStart`. */
export interface LearningStartOptions {
  readonly components: Pick<Components, 'options' | 'warmStart' | 'profiler' | 'evaluator'>;
  /** The parts that work on the model. @throws FtteError `not-ready` before the folder was read */
  readonly model: () => ModelComponents;
  /** Whether the coordinator has the lease, and was not stopped. */
  readonly isReady: () => boolean;
  /** Called when the status has changed. */
  readonly onChange: () => void;
}

/**
 * The way from a recovered model to one that gateways train: a warm start if the task asks for one, measured importance,
 * then updates and grants.
 */
export class LearningStart {
  constructor(private readonly options: LearningStartOptions) {}

  /** Begins at the present point of the lineage. */
  begin(): void {
    const { options, warmStart, profiler } = this.options.components;
    const { state, versionPublisher } = this.options.model();
    const { version, accepted, model } = state;
    // A region starts with what the federation above has learned.
    const isFirst = !options.region && version === 0;
    warmStart.start(isFirst && accepted === 0);
    const isImported = isFirst && options.initial !== undefined;
    if (isImported && !profiler.importance) profiler.measureNorms(version, model.parameters.published);
    versionPublisher.announce();
    if (!warmStart.pending) this.letTrain();
    this.measureIfDue();
    this.options.onChange();
  }

  /** @param parameters of the warm start; undefined: it gave none */
  async endWarmStart(parameters: Float32Array | undefined): Promise<void> {
    const { isReady, onChange } = this.options;
    const { state, pipeline, versionPublisher, profiler } = this.options.model();
    // Before the version is durable: a restart after that would not measure its norms.
    if (parameters) profiler.measureNorms(state.version + 1, parameters);
    if (!isReady()) return;
    if (parameters) await pipeline.replace(parameters);
    else versionPublisher.announce();
    this.letTrain();
    this.measureIfDue();
    onChange();
  }

  /**
   * Takes a sample for the warm start, for measured importance, or for evaluation: the first of them that needs it.
   * @throws FtteError as `Participant.add`
   */
  add(sample: Sample): void {
    const { warmStart, profiler, evaluator } = this.options.components;
    // Nothing learns from what is known to be unusual.
    const learns = !sample.unusual && (warmStart.offer(sample) || profiler.offer(sample));
    if (!learns) evaluator.add(sample);
    this.measureIfDue();
    this.options.onChange();
  }

  /** Accepts updates and grants rounds from now on, unless the coordinator was stopped meanwhile. */
  private letTrain(): void {
    if (!this.options.isReady()) return;
    const { pipeline, grants } = this.options.model();
    pipeline.start();
    grants?.start();
  }

  /** Trials of importance come after a warm start: they measure the model that gateways start from. */
  private measureIfDue(): void {
    const { components, isReady } = this.options;
    const { warmStart, profiler } = components;
    if (isReady() && !warmStart.pending) profiler.measureIfDue();
  }
}
