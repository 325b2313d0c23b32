import { z } from 'zod';
import { layerSchema } from '../model/layers';
import { aggregationSchema } from './aggregation';
import { augmentationSchema } from './augmentation';
import { presetNames, presetSizes } from './presets';
import { privacySchema } from './privacy';

/** Answers have labels and channels as their keys: this one would be no key but the object's prototype. */
const name = z
  .string()
  .min(1)
  .max(64)
  .refine((text) => text !== '__proto__', { error: 'expected another name' });

const channelSchema = z.strictObject({
  name,
  /** For people and the editor: "g", "rad/s", "mV", "bpm". */
  unit: z.string().max(32).default(''),
  /** Used by normalisation `channel`: a window holds (value - centre) / spread. */
  centre: z.number().finite().default(0),
  spread: z.number().finite().positive().default(1),
  /**
   * A value that does not change within a window, such as an age or an interval between beats. Side inputs come last; models
   * over statistics take them as they are.
   */
  side: z.literal(true).optional(),
  /**
   * A channel that does not arrive, and says where another one had values: `known` is 1 at a reading with a value and 0
   * without, `since` are the seconds since the last one in the window. The other one may be missing then.
   */
  presence: z.strictObject({ of: name, as: z.enum(['known', 'since']) }).optional(),
  /**
   * A field of texts, and its values: `parseTask` makes a channel of each, `card_credit` of `card`. Centre and spread have no
   * meaning then.
   */
  categories: z.array(name).min(1).max(64).optional(),
  /** A channel that does not arrive: it is 1 at a reading whose field `of` has the value `is`, else 0. */
  category: z.strictObject({ of: name, is: name }).optional(),
});

/** Readings of a window before the beat that it is cut around. */
const before = z.number().int().min(0).max(65_535).default(0);

const cutSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hop') }),
  /** A window around each R peak that is found in a channel, the first if none is named: an electrocardiogram. */
  z.strictObject({ kind: z.literal('beats'), channel: name.optional(), before }),
  /** A window around each reading whose message marks a beat. */
  z.strictObject({ kind: z.literal('marks'), before }),
]);

const inputSchema = z.strictObject({
  channels: z.array(channelSchema).min(1).max(64),
  /** Readings per second, for each channel. */
  rateHz: z.number().finite().positive().max(100_000),
  /** Readings in a window. */
  length: z.number().int().min(1).max(65_536),
  /** Readings from the start of one window to the start of the next. Without meaning if windows are cut at beats. */
  hop: z.number().int().min(1).max(65_536),
  /** Places at which windows are cut. Left out, or `hop`: every `hop` readings. */
  cut: cutSchema.optional(),
  /**
   * `channel`: fixed centre and spread of each channel, the same on every gateway. `window`: each window to mean 0
   * and deviation 1 per channel (loses the level). `person`: centre and spread of the person's stream so far, beginning
   * with those of the channels. `none`: as it comes.
   */
  normalisation: z.enum(['channel', 'window', 'person', 'none']).default('channel'),
});

const modelSchema = z.union([
  z.strictObject({ preset: z.enum(presetNames), size: z.enum(presetSizes).default('S') }),
  z.strictObject({ layers: z.array(layerSchema).min(1).max(64) }),
]);

const forecastSchema = z.strictObject({
  /** Readings ahead. A training sample is a window and these readings after it. */
  horizon: z.number().int().min(1).max(4096),
  /** Names of the channels to predict; left out: all. */
  channels: z.array(name).min(1).max(64).optional(),
});

const anomalySchema = z.strictObject({
  /** Share of the ordinary windows that may be called anomalies: the threshold is that quantile of their errors. */
  falseAlarms: z.number().min(0.0001).max(0.5).default(0.01),
});

const trainingSchema = z.strictObject({
  /**
   * `auto`: softmax cross-entropy for a classification, mean squared error for the other kinds.
   * `binary-cross-entropy` is for classifications (with more than two labels, each a yes or no of its own), `huber` for
   * the other kinds with outliers.
   */
  loss: z
    .enum(['auto', 'softmax-cross-entropy', 'binary-cross-entropy', 'mean-squared-error', 'huber'])
    .default('auto'),
  /**
   * Changes by chance to windows that are trained on. `auto` chooses by kind of channel; `none`: windows as they are; or
   * a list of `jitter`, `scale`, `rotation`, `warp` and `shift`, for classifications.
   */
  augmentation: augmentationSchema.default('auto'),
  /** Examples behind one step of the optimiser. */
  batchSize: z.number().int().min(1).max(1024).default(32),
  /** Passes over the round's samples. */
  epochs: z.number().int().min(1).max(100).default(2),
  /**
   * End of a local round. `epochs`: after that number of passes. `time`: after `ms`, or after the passes if those take
   * less, so that a slow gateway sends what it managed and nobody waits for it; one step is always made.
   */
  round: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('epochs') }),
      z.strictObject({ kind: z.literal('time'), ms: z.number().int().min(1).max(86_400_000) }),
    ])
    .prefault({ kind: 'epochs' }),
  /**
   * `auto`: chosen by optimiser and kind of task, falling with the versions (`localRate`), and shortened after gradients of
   * an unusual size.
   */
  learningRate: z.union([z.literal('auto'), z.number().positive().max(10)]).default('auto'),
  /**
   * Draws of each label's samples in a round. `none`: each sample once in a pass. `root`: in proportion to the
   * root of their number. `equal`: each label as often as any other. `auto`: `root`.
   */
  balance: z.enum(['auto', 'none', 'root', 'equal']).default('auto'),
  optimiser: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sgd'), momentum: z.number().min(0).lt(1).default(0) }),
      z.strictObject({
        kind: z.literal('adam'),
        beta1: z.number().min(0).lt(1).default(0.9),
        beta2: z.number().min(0).lt(1).default(0.999),
        epsilon: z.number().positive().default(1e-7),
      }),
    ])
    .prefault({ kind: 'sgd', momentum: 0.9 }),
  /**
   * Form in which a gateway holds the kernel numbers that it does not train: `float32`, `float16` (half the bytes) or
   * `int8` with a scale for each output channel (a quarter). Trained numbers are float32 in any case.
   */
  frozen: z.enum(['float32', 'float16', 'int8']).default('int8'),
  /** A round does not start with fewer stored samples. */
  minSamples: z.number().int().min(1).default(16),
  /** A round draws at most this many of the stored samples. */
  maxSamplesPerRound: z.number().int().min(1).max(100_000).default(512),
});

const selectionSchema = z.strictObject({
  /**
   * Choice of what is trained if the budget does not hold everything; the output layer always is. `magnitude`: the input
   * channels with the largest initial norm, over all layers. `deepest`: from the output backwards, for models that
   * start trained. `contribution`: what gained the most accuracy for its bytes when the coordinator tried it. `gradient`:
   * the input channels with the largest gradients for their bytes. `dynamic`: other channels at each version. `dense`:
   * everything, or refuse.
   */
  strategy: z
    .enum(['magnitude', 'deepest', 'contribution', 'gradient', 'dynamic', 'dense'])
    .default('magnitude'),
  /**
   * Windows that a coordinator needs before it measures the scores for `contribution`, `gradient` and `dynamic`; half of
   * them are trained on, half judge. Until then, and if none come, those strategies choose without scores.
   */
  measureSamples: z.number().int().min(32).max(100_000).default(512),
  /**
   * A gateway whose rounds take longer trains a cheaper part of the model, whatever its memory holds. Left out: memory
   * alone decides, and a slow gateway takes its time.
   */
  maxRoundMs: z.number().int().min(100).max(86_400_000).optional(),
});

/** Version 0 is trained at the coordinator, on the first windows that it is fed, before any gateway trains. */
const warmStartSchema = z.strictObject({
  /** Windows to wait for. */
  samples: z.number().int().min(16).max(100_000).default(512),
  /** Passes over them. */
  epochs: z.number().int().min(1).max(1000).default(5),
  /**
   * Left out: the rate of a first round, at most 0.01. A rate for rounds of a few steps ruins a model in hundreds of steps in
   * a row, because momentum adds up over them.
   */
  learningRate: z.number().positive().max(10).optional(),
});

/** The encodings of `gateway/wire` between which a task may choose. `auto` chooses by the number of values. */
const encodingSchema = z.strictObject({
  /** Encoding of a gateway's delta on its way up. `dithered`: about one bit for each value, without a bias. */
  update: z.enum(['auto', 'float32', 'int8', 'dithered']).default('auto'),
  /**
   * Encoding of the change between two versions. The remainder of rounding is added to the next patch. `coarse`: two or three
   * bits for each value.
   */
  patch: z.enum(['auto', 'float32', 'int8', 'coarse']).default('auto'),
  /**
   * Encoding of the difference to version 0 that comes with a granted round; nothing of its rounding is carried on. `int8`
   * has a scale for each 64 values.
   */
  catchUp: z.enum(['auto', 'float32', 'float16', 'int8', 'coarse']).default('auto'),
});

/** A task as a person writes it: everything that has a sensible default may be left out. */
export const taskSchema = z.strictObject({
  name,
  /**
   * `classification`: which label a window has. `forecast`: the readings that follow a window. `anomaly`: the window
   * itself, so that one unlike those seen in training is given back badly. Only the first needs labels.
   */
  kind: z.enum(['classification', 'forecast', 'anomaly']).default('classification'),
  input: inputSchema,
  /** Two or more for a classification; none for the other kinds. */
  labels: z.array(name).max(1000).default([]),
  /** For kind `forecast` only. */
  forecast: forecastSchema.optional(),
  /** For kind `anomaly` only. */
  anomaly: anomalySchema.optional(),
  model: modelSchema,
  /** Seed of version 0's parameters. */
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /**
   * Fingerprint of the parameters that version 0 starts from, where they are not the seed's: an imported model's. The
   * coordinator has them; gateways get them as any version. It makes another model of the same layers.
   */
  initial: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  training: trainingSchema.prefault({}),
  selection: selectionSchema.prefault({}),
  /** Left out: gateways start from the seeded model, or from one that was imported. */
  warmStart: warmStartSchema.optional(),
  aggregation: aggregationSchema.prefault({}),
  /** Left out: updates have no noise. A gateway whose package does not know it refuses the task. */
  privacy: privacySchema.optional(),
  encoding: encodingSchema.prefault({}),
});

/** A task with every default filled in. */
export type Task = z.infer<typeof taskSchema>;

/** A task as a person writes it: what has a default may be left out. */
export type TaskInput = z.input<typeof taskSchema>;

/** Training settings of a gateway. */
export type Training = Task['training'];

/** Rule by which a gateway makes a step of gradients. */
export type Optimiser = Training['optimiser'];

/** Settings of differential privacy. */
export type Privacy = NonNullable<Task['privacy']>;

/** Settings by which a coordinator makes versions of contributions. */
export type Aggregation = Task['aggregation'];
