import { z } from 'zod';
import { separatorNames, textEncodings, timeFormats } from '../../stream';

const share = z.number().min(0).max(1);
const durationMs = z.number().finite().min(0);
const seed = z.number().int().min(0).max(0xffffffff);

const dataSchema = z.union(
  [
    /** A folder of recordings in the shared format; relative to the scenario's own folder. */
    z.strictObject({
      folder: z.string().min(1),
      /** Names of the training people; absent: all people of the training part. */
      trainOn: z.array(z.string()).min(1).optional(),
      /** Labels that are left out with their windows, for example because they are too rare to learn. */
      without: z.array(z.string()).min(1).optional(),
      /** Most windows of each label and person, evenly over the recording, as a gateway's store keeps them. */
      mostOfEachLabel: z.number().int().min(1).optional(),
      /** Intervals between beats (`files.rr`) and the shape of beats, compared with the person's usual, become side inputs. */
      intervals: z.boolean().optional(),
      /** Two more channels for each one with missing values: whether it has one at a reading, and seconds since the last. */
      presence: z.boolean().optional(),
    }),
    /** A CSV file, or a folder of Empatica E4, whose windows are cut here; relative to the scenario's own folder. */
    z.strictObject({
      csv: z.string().min(1),
      /** Readings of a window, and from a window to the next; absent: windows do not overlap. */
      length: z.number().int().min(2).max(100_000),
      hop: z.number().int().min(1).max(100_000).optional(),
      /** Absent: measured by the times. */
      rateHz: z.number().positive().max(100_000).optional(),
      /** Columns to read, to rename (`x = Accelerometer X`) or to leave out (`-battery`); absent: all columns of numbers. */
      channels: z.array(z.string()).min(1).optional(),
      /** Columns by name; absent: recognised by their usual names. */
      time: z.string().optional(),
      label: z.string().optional(),
      person: z.string().optional(),
      /** People that judge; absent: the last quarter of them, or of the windows if the file names nobody. */
      testPeople: z.array(z.string()).min(1).optional(),
      /** The dialect of the file; absent: recognised. */
      separator: z.enum(separatorNames).optional(),
      decimal: z.enum(['point', 'comma']).optional(),
      header: z.boolean().optional(),
      times: z.enum(timeFormats).optional(),
      encoding: z.enum(textEncodings).optional(),
      missing: z.array(z.string()).optional(),
    }),
    /** Synthetic people that wear a sensor, for trials without recordings. */
    z.strictObject({
      synthetic: z.strictObject({
        people: z.number().int().min(2).max(10_000).default(24),
        /** The last ones of `people`; nobody trains on them. */
        testPeople: z.number().int().min(1).default(6),
        windowsPerPerson: z.number().int().min(1).max(100_000).default(120),
        seed: seed.default(1),
      }),
    }),
  ],
  { error: 'expected { "folder": "..." }, { "csv": "...", "length": ... } or { "synthetic": { ... } }' },
);

/** Passes over the samples of a warm start; the default is that of a task. */
const warmStartEpochs = z.number().int().min(1).max(1000).default(5);

/** The task's `warmStart.learningRate`. */
const learningRate = z.number().positive().max(10).optional();

const warmStartSchema = z.union(
  [
    z.strictObject({ people: z.number().int().min(1), epochs: warmStartEpochs, learningRate }),
    z.strictObject({ share: z.number().gt(0).lt(1), epochs: warmStartEpochs, learningRate }),
  ],
  { error: 'expected { "people": 1 or more } or { "share": between 0 and 1 }, and "epochs": 1 to 1000' },
);

const partitionSchema = z.discriminatedUnion('kind', [
  /** Each person's samples are shuffled and cut into clients; if there are more people than clients, clients have several. */
  z.strictObject({ kind: z.literal('by-person') }),
  /** Each client has its own label mix, drawn from Dirichlet(alpha), in equal sizes (Hsu 2019, section 3). */
  z.strictObject({ kind: z.literal('dirichlet'), alpha: z.number().positive().max(10_000) }),
  /** Samples are sorted by label, cut into shards and dealt out (McMahan 2017, section 3). */
  z.strictObject({ kind: z.literal('shards'), perClient: z.number().int().min(1).max(1000).default(2) }),
]);

const budgetSchema = z.strictObject({
  /** Share of the clients; the shares add up to 1. */
  share,
  /** Memory for training, or `dense`: the memory that training everything at once takes. */
  bytes: z.union([z.number().int().min(1), z.literal('dense')], {
    error: 'expected a number of bytes, or "dense"',
  }),
});

/** Time of one optimiser step on a client of normal speed. */
const stepSchema = z.discriminatedUnion('kind', [
  /** The multiplications of the plan's forward and backward pass at this speed: sparse plans are faster. */
  z.strictObject({ kind: z.literal('estimated'), flopsPerSecond: z.number().positive().default(1e9) }),
  /** The same time for every plan: a measured one, or one for experiments with asynchrony alone. */
  z.strictObject({ kind: z.literal('fixed'), ms: z.number().positive() }),
]);

const delaySchema = z.discriminatedUnion('kind', [
  /** FADAS (Wang 2024): shares of fast, medium and slow clients from Dirichlet(3, 2, 1); uniform durations. */
  z.strictObject({
    kind: z.literal('fadas'),
    severity: z.enum(['mild', 'large']),
    /** Length of one unit of the published durations. */
    unitMs: z.number().positive().default(1000),
  }),
  /** FedBuff (Nguyen 2022): each duration is |N(0, scale)|. */
  z.strictObject({ kind: z.literal('half-normal'), scaleMs: z.number().positive().default(1000) }),
  /** Number of steps times the time of a step; stragglers are slower by a factor. */
  z.strictObject({
    kind: z.literal('stragglers'),
    share: share.default(0),
    slowdown: z.number().min(1).max(10_000).default(10),
    step: stepSchema.prefault({ kind: 'estimated' }),
    /** Each round takes 1 - jitter to 1 + jitter of its time. */
    jitter: z.number().min(0).lt(1).default(0.1),
    /** The stragglers are the clients with the most samples of these labels; absent: random clients. */
    slowLabels: z.array(z.string()).min(1).optional(),
  }),
]);

const networkSchema = z.strictObject({
  /** Absent: bytes take no time. They are counted either way. */
  upBytesPerSecond: z.number().positive().optional(),
  downBytesPerSecond: z.number().positive().optional(),
  /** One way, from the gateway to the broker. */
  latencyMs: durationMs.default(0),
});

const availabilitySchema = z.strictObject({
  /** Probability that the result of a round is lost. */
  dropout: share.default(0),
  /** Lost connections: the times between losses and the times offline are exponential, with these means. */
  offline: z
    .strictObject({ everyMs: z.number().finite().positive(), forMs: z.number().finite().positive() })
    .optional(),
  /** Clients that join later, at a random time up to `untilMs`. */
  joiners: z.strictObject({ share, untilMs: durationMs }).optional(),
  /** Clients that leave for good, at a random time. */
  leavers: z.strictObject({ share, fromMs: durationMs.default(0), untilMs: durationMs }).optional(),
});

const scheduleSchema = z.discriminatedUnion('kind', [
  /** The given number of clients train at any time. */
  z.strictObject({
    kind: z.literal('continuous'),
    concurrency: z.number().int().min(1),
    /** The client that starts when one has finished: a random idle one, or the same (fast ones crowd out slow ones). */
    next: z.enum(['uniform', 'same']).default('uniform'),
  }),
  /** One cohort per version, for synchronous averaging. The buffer size is the cohort without the over-selection. */
  z.strictObject({
    kind: z.literal('rounds'),
    clients: z.number().int().min(1),
    overSelection: z.number().min(0).max(10).default(0),
  }),
  /** The coordinator grants rounds, and gateways that wait download nothing: the task's `aggregation.participation`. */
  z.strictObject({
    kind: z.literal('granted'),
    concurrency: z.union([z.literal('auto'), z.number().int().min(1)]).default('auto'),
    timeoutMs: durationMs.min(1000).default(Number.MAX_SAFE_INTEGER),
  }),
]);

const stopSchema = z
  .strictObject({
    versions: z.number().int().min(1).optional(),
    virtualMs: z.number().finite().positive().optional(),
    /** Stops at this mean accuracy over the evaluation's window of versions. For a classification only. */
    targetAccuracy: z.number().gt(0).lte(1).optional(),
  })
  .refine((stop) => stop.versions !== undefined || stop.virtualMs !== undefined, {
    error: 'expected versions or virtualMs (a target alone may never be reached)',
  });

const evaluationSchema = z.strictObject({
  /** People that judge; absent: `validation` if there are any, else `test`. Tune on `validation` only. */
  on: z.enum(['validation', 'test']).optional(),
  everyVersions: z.number().int().min(1).default(1),
  /** Most windows that judge: drawn at random, the same for every seed. */
  maxWindows: z.number().int().min(1).default(2000),
  /** The model that is judged: the published average of recent versions, or the current version. */
  model: z.enum(['average', 'current']).default('average'),
  /** Number of evaluations that accuracies are means of, because single versions swing. */
  meanOver: z.number().int().min(1).default(10),
  /** Accuracies whose time, uploads and bytes the results report. */
  targets: z.array(z.number().gt(0).lte(1)).default([0.6, 0.7, 0.8, 0.85, 0.9]),
  /** Share of each client's own samples that it never trains on: they show how well the model serves it. */
  clientHoldOut: z.number().min(0).max(0.9).default(0.2),
  /**
   * Whether clients hold windows out in blocks of time, as the train node does, measure the versions that they receive on
   * them, and send the result with their updates. `clientHoldOut` does not matter then.
   */
  federated: z.boolean().default(false),
});

/** Schema of a scenario as a person writes it. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100),
  data: dataSchema,
  /** Training people set apart for tuning; if the data names nobody, a `share` of the training samples. */
  validation: z
    .union([
      z.strictObject({ people: z.number().int().min(0) }),
      z.strictObject({ share: z.number().min(0).lt(1) }),
    ])
    .default({ people: 0 }),
  /**
   * Training people (if the data names nobody, a `share` of the training samples) whose samples no gateway holds: the
   * coordinator gets them and trains the first version on them. They are the same for all seeds.
   */
  warmStart: warmStartSchema.optional(),
  partition: partitionSchema.prefault({ kind: 'by-person' }),
  clients: z.number().int().min(1).max(100_000),
  /**
   * Labels of windows that are no anomalies, for a task of kind `anomaly`: gateways train on these alone, and of the people
   * that judge the windows of other labels are what has to be detected. Absent: all windows are ordinary, and only errors
   * are measured.
   */
  ordinary: z.array(z.string()).min(1).optional(),
  /** Absent: all samples are dealt out. */
  samplesPerClient: z.number().int().min(1).optional(),
  /** Allows several clients to have the same sample if there are too few for all. */
  repeat: z.boolean().default(false),
  /**
   * A task; `name`, `input` and `labels` come from the data if they are left out. Kinds `anomaly` and `forecast` have no
   * labels. For a forecast, a window of the data ends with the readings that are predicted: the input is what comes before.
   */
  task: z.looseObject({}),
  budgets: z
    .array(budgetSchema)
    .min(1)
    .max(32)
    .default([{ share: 1, bytes: 'dense' }])
    .refine((budgets) => Math.abs(budgets.reduce((sum, { share: part }) => sum + part, 0) - 1) < 1e-6, {
      error: 'expected shares that add up to 1',
    }),
  delay: delaySchema.prefault({ kind: 'stragglers' }),
  network: networkSchema.prefault({}),
  availability: availabilitySchema.prefault({}),
  schedule: scheduleSchema,
  stop: stopSchema,
  seeds: z.array(seed).min(1).max(1000).default([1]),
  evaluation: evaluationSchema.prefault({}),
});

/** A scenario with every default filled in. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** A scenario as a person writes it: fields with a default may be left out. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type PartitionSpec = Scenario['partition'];
export type DelaySpec = Scenario['delay'];
