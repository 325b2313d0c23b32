import type { ScoreHistogram } from '../../metrics';
import type { ModelSpec, Plan } from '../../model';
import type { AugmentationPlan, Optimiser } from '../../task';

/** Which kernels run a program. `strict` repeats to the last bit on every CPU; `relaxed` is faster and may not. */
export type OwnEngineKind = 'wasm-strict' | 'wasm-relaxed' | 'javascript';
/**
 * Our kernels, or TensorFlow behind the same interface (a package entry of its own). `tensorflow` is held to no budget:
 * its memory report is the least that its tensors need, beside a runtime of its own.
 */
export type EngineKind = OwnEngineKind | 'tensorflow';

/**
 * Form of kernel numbers that a plan does not train: float32, half precision, or eight bits with one scale for each
 * output channel.
 */
export type FrozenPrecision = 'float32' | 'float16' | 'int8';

/** Memory of a program, in bytes, by kind. The parts are those live at the moment of the peak; they add up to it. */
export interface MemoryReport {
  /**
   * The whole model as the program holds it: what is trained in float32, what is frozen as `ProgramRequest.frozen` says.
   * The full-precision copy that patches are applied to is its owner's, and outside of the arena.
   */
  readonly parameters: number;
  /**
   * Copy of the trained coordinates as they were at the start of a round, to know the delta. 0 in this engine, which
   * keeps the vector that was loaded, by reference.
   */
  readonly base: number;
  readonly activations: number;
  readonly gradients: number;
  readonly optimiser: number;
  /** Transposed weights, tables, statistics. */
  readonly workspace: number;
  /** The micro-batch and its labels. */
  readonly input: number;
  /** Size of the arena: known before the first step, never exceeded. */
  readonly peakBytes: number;
}

/** A request to compile: a model, and either a plan with its optimiser (training) or neither (inference only). */
export interface ProgramRequest {
  readonly model: ModelSpec;
  readonly plan?: Plan;
  readonly optimiser?: Optimiser;
  /** Examples behind one optimiser step; a multiple of the plan's micro-batch is not required. */
  readonly batchSize?: number;
  /** Form of the numbers that the plan does not train. Default `float32`. */
  readonly frozen?: FrozenPrecision;
  /**
   * A program for rounds with differential privacy: the gradient of each example has bytes of its own, in which it can be
   * clipped. The plan's micro-batch is 1. Such a program trains in no other way.
   */
  readonly perExample?: boolean | undefined;
  /** Upper limit of the arena. A request that needs more is refused before any memory is taken. */
  readonly budgetBytes?: number;
}

/**
 * Examples end to end: `x` is `[count, sampleRows(model), channels]`, `y` holds class indices. If the model's target
 * is not a class, the target is in `x` (the input itself, or the rows after it) and `y` is empty.
 */
export interface Samples {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Uint16Array;
}

/**
 * Settings of a round with differential privacy (DP-SGD, Abadi 2016, arXiv 1607.00133). Each step takes every sample with a
 * probability, clips the gradient of each one taken, sums them, adds Gaussian noise, and divides by a constant. Order,
 * balance and number of passes have no meaning then.
 */
export interface PrivateSteps {
  readonly steps: number;
  /** Probability with which a step takes a sample. */
  readonly rate: number;
  /** Norm to which the gradient of an example is clipped. */
  readonly clip: number;
  /** Standard deviation of the noise over `clip`. */
  readonly noise: number;
  /** Divisor of a step's sum: a number that does not follow from the samples. */
  readonly batch: number;
  /** Key of the noise and of the choice of samples: 32 random bytes that nobody else knows, for this round alone. */
  readonly key: Uint8Array;
}

/** Options of a round of local training. */
export interface TrainOptions {
  readonly epochs: number;
  readonly learningRate: number;
  /** Order of the samples in each epoch, and what else is drawn at random. */
  readonly seed: number;
  /** Changes to the windows of training steps; losses are measured on the windows as they are. Default: none. */
  readonly augmentation?: AugmentationPlan | undefined;
  /**
   * Degree to which the labels of a round get one number of draws: 0 (default) takes each sample once in a pass, 1 each
   * label as often as any other. See `SampleOrder`.
   */
  readonly balance?: number | undefined;
  /**
   * Norm of a step's gradient beyond which the step after it is shortened in proportion, so that one that was far too long
   * is not followed by others. Default: none.
   */
  readonly gradientLimit?: number | undefined;
  /** Trains with differential privacy; the program is one `perExample`. Losses are not measured, and are NaN. */
  readonly privacy?: PrivateSteps | undefined;
  /** Most samples on which the loss before and after is measured. Default 128. */
  readonly lossSamples?: number;
  /** Ends the round early after this many optimiser steps. */
  readonly maxSteps?: number;
  /**
   * Ends the round early after this many milliseconds of the thread's own clock, but not before its first step. Whoever
   * trains without a clock (the program itself) has no use for it.
   */
  readonly maxMs?: number;
  /** Asked before each optimiser step; true ends the round early with what was done. */
  readonly shouldStop?: () => boolean;
}

/** Result of one local round. The program's parameters are back at the base when it returns. */
export interface TrainResult {
  /** Change of the planned coordinates, laid out as `gather` lays them out. */
  readonly delta: Float32Array;
  readonly steps: number;
  /** Samples in the round (not counted again for each epoch). */
  readonly samples: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  /**
   * Spread of the mini-batch gradients over the local steps relative to their mean g:
   * (mean ||g_s||^2 - ||g||^2) / ||g||^2 over the planned coordinates; 0 with fewer than two steps. Exact, or, where
   * gradients are summed in the velocity, with the first term estimated: `optimisers/sgd-in-place.ts`.
   */
  readonly gradientVariance: number;
  /** True where `shouldStop`, `maxSteps` or `maxMs` ended it. */
  readonly stopped: boolean;
}

/** Quality of a model on samples with known targets. */
export interface EvaluateResult {
  readonly count: number;
  /** Mean loss an example. */
  readonly loss: number;
  /**
   * `confusion[label * classes + predicted]`, counts; classes is 2 where one output answers yes or no, else the model's
   * outputs. Empty where the target is not a class.
   */
  readonly confusion: Uint32Array;
  /** Probabilities by label, for areas under ROC curves; undefined where the target is not a class, and above 64 labels. */
  readonly scores?: ScoreHistogram | undefined;
  /** Means over all values of all examples, where the target is not a class. */
  readonly errors?: { readonly meanSquared: number; readonly meanAbsolute: number };
}

/** A model compiled for one plan: fixed offsets in one arena, nothing allocated in a step. */
export interface Program {
  readonly kind: EngineKind;
  readonly memory: MemoryReport;
  /** Bytes of the arena that were ever written, measured, for comparison with `memory.peakBytes`. */
  readonly arenaBytes: number;
  /**
   * Takes the whole flat vector, float32, laid out as `parameterLayout`. It is the base that `train` takes its delta
   * against: not to be changed before the next load.
   */
  loadParameters(flat: Float32Array): void;
  /** Copies the whole flat vector out. */
  readParameters(into?: Float32Array): Float32Array;
  /** Trains from the loaded parameters. @throws FtteError `plan-invalid` on an inference-only program */
  train(samples: Samples, options: TrainOptions): TrainResult;
  evaluate(samples: Samples): EvaluateResult;
  /**
   * Probabilities (softmax, or a sigmoid of each output with binary cross-entropy) or values, `[count, outputs]`.
   * `x` is `[count, ...model.input]`.
   */
  predict(x: Float32Array, count: number): Float32Array;
  /**
   * Gives its memory back: the next program of the same size gets it. A WebAssembly memory takes gigabytes of a process's
   * addresses until the garbage collector finds it, and where plans change with every version that would be too late.
   * Whatever is asked of the program afterwards fails with `not-ready`.
   */
  release(): void;
}

/** Makes programs. One a thread is enough; programs do not disturb each other. */
export interface Engine {
  readonly kind: EngineKind;
  /** The reason why other kernels run than those asked for. */
  readonly fallback?: string | undefined;
  compile(request: ProgramRequest): Program;
}

/** The engine behind a thread's door: what participants, predictors and coordinators hold. One request at a time. */
export interface Trainer {
  /** Known for certain once `configure` has resolved. */
  readonly kind: EngineKind;
  /** The reason why JavaScript computes in place of WebAssembly, several times slower. Known once `configure` has resolved. */
  readonly fallback?: string | undefined;
  /** Compiles; replaces the program before. Parameters must be set again unless the model is the same. */
  configure(request: ProgramRequest): Promise<MemoryReport>;
  setParameters(flat: Float32Array): Promise<void>;
  train(
    samples: Samples,
    options: Omit<TrainOptions, 'shouldStop'>,
  ): Promise<TrainResult & { durationMs: number }>;
  evaluate(samples: Samples): Promise<EvaluateResult>;
  predict(x: Float32Array, count: number): Promise<Float32Array>;
  /** Ends the running `train` early; it resolves with what was done (`stopped`). */
  cancel(): void;
  /**
   * Calls the listener when the thread was lost (the error says why). What ran has rejected with FtteError `engine-crashed`; the next
   * request finds a new thread with the same program and parameters. The result removes the listener.
   */
  onRestart?(listener: (error: Error) => void): () => void;
  /** Resolves when the thread has gone. Pending requests reject with FtteError `cancelled`. */
  close(): Promise<void>;
}
