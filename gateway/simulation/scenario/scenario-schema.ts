import { z } from 'zod';

const share = z.number().min(0).max(1);
const durationMs = z.number().finite().min(0);
const seed = z.number().int().min(0).max(0xffffffff);

const dataSchema = z.union(
  [
    /** A folder in the shared format; relative to the scenario's own folder. */
    z.strictObject({
      folder: z.string().min(1),
      /** Who is trained on, by name; absent: everybody in the training part. */
      trainOn: z.array(z.string()).min(1).optional(),
      /** Labels that are left out, with their windows: too rare to learn, say. */
      without: z.array(z.string()).min(1).optional(),
      /** At most so many windows of each label and person, evenly over the recording: what a gateway's store keeps. */
      mostOfEachLabel: z.number().int().min(1).optional(),
    }),
    /** Made-up people wearing a sensor: for trying things without any recording. */
    z.strictObject({
      synthetic: z.strictObject({
        people: z.number().int().min(2).max(10_000).default(24),
        /** The last ones of `people`: never trained on. */
        testPeople: z.number().int().min(1).default(6),
        windowsPerPerson: z.number().int().min(1).max(100_000).default(120),
        seed: seed.default(1),
      }),
    }),
  ],
  { error: 'wanted { "folder": "..." } or { "synthetic": { ... } }' },
);

/** Passes over the samples of a warm start: as many as a task has by itself. */
const warmStartEpochs = z.number().int().min(1).max(1000).default(5);

/** As a task's `warmStart.learningRate`. */
const learningRate = z.number().positive().max(10).optional();

const warmStartSchema = z.union(
  [
    z.strictObject({ people: z.number().int().min(1), epochs: warmStartEpochs, learningRate }),
    z.strictObject({ share: z.number().gt(0).lt(1), epochs: warmStartEpochs, learningRate }),
  ],
  { error: 'wanted { "people": 1 or more } or { "share": between 0 and 1 }, and "epochs": 1 to 1000' },
);

const partitionSchema = z.discriminatedUnion('kind', [
  /** Each person's samples, shuffled, cut into clients; or several people a client, where people are more. */
  z.strictObject({ kind: z.literal('by-person') }),
  /** Each client has its own label mix, drawn from Dirichlet(alpha) (Hsu 2019, section 3); equal sizes. */
  z.strictObject({ kind: z.literal('dirichlet'), alpha: z.number().positive().max(10_000) }),
  /** Sorted by label, cut into shards, dealt out (McMahan 2017, section 3). */
  z.strictObject({ kind: z.literal('shards'), perClient: z.number().int().min(1).max(1000).default(2) }),
]);

const budgetSchema = z.strictObject({
  /** Of the clients; all shares together are 1. */
  share,
  /** Memory for training, or `dense`: as much as it takes to train everything at once. */
  bytes: z.union([z.number().int().min(1), z.literal('dense')], {
    error: 'wanted a number of bytes, or "dense"',
  }),
});

/** How long one optimiser step takes on a client at normal speed. */
const stepSchema = z.discriminatedUnion('kind', [
  /** Multiplications of the plan's forward and backward pass, at this speed: sparse plans are faster. */
  z.strictObject({ kind: z.literal('estimated'), flopsPerSecond: z.number().positive().default(1e9) }),
  /** The same for every plan: a measured one, or to look at asynchrony alone. */
  z.strictObject({ kind: z.literal('fixed'), ms: z.number().positive() }),
]);

const delaySchema = z.discriminatedUnion('kind', [
  /** FADAS (Wang 2024): the fleet's mix of fast, medium, slow from Dirichlet(3, 2, 1); uniform durations. */
  z.strictObject({
    kind: z.literal('fadas'),
    severity: z.enum(['mild', 'large']),
    /** One unit of the published durations. */
    unitMs: z.number().positive().default(1000),
  }),
  /** FedBuff (Nguyen 2022): |N(0, scale)|. */
  z.strictObject({ kind: z.literal('half-normal'), scaleMs: z.number().positive().default(1000) }),
  /** Steps x cost of a step, and some clients slower by a factor. */
  z.strictObject({
    kind: z.literal('stragglers'),
    share: share.default(0),
    slowdown: z.number().min(1).max(10_000).default(10),
    step: stepSchema.prefault({ kind: 'estimated' }),
    /** Each round takes 1 - jitter to 1 + jitter of its time. */
    jitter: z.number().min(0).lt(1).default(0.1),
    /** The slow ones are the clients with the most of these labels, not random ones. */
    slowLabels: z.array(z.string()).min(1).optional(),
  }),
]);

const networkSchema = z.strictObject({
  /** Absent: as fast as wanted. Bytes are counted either way. */
  upBytesPerSecond: z.number().positive().optional(),
  downBytesPerSecond: z.number().positive().optional(),
  /** One way, gateway to broker. */
  latencyMs: durationMs.default(0),
});

const availabilitySchema = z.strictObject({
  /** Chance that a round's result is lost. */
  dropout: share.default(0),
  /** Connections lost: exponential times between and of the spells. */
  offline: z
    .strictObject({ everyMs: z.number().finite().positive(), forMs: z.number().finite().positive() })
    .optional(),
  /** Clients that come later, at a random time up to `untilMs`. */
  joiners: z.strictObject({ share, untilMs: durationMs }).optional(),
  /** Clients that go for good, at a random time. */
  leavers: z.strictObject({ share, fromMs: durationMs.default(0), untilMs: durationMs }).optional(),
});

const scheduleSchema = z.discriminatedUnion('kind', [
  /** So many clients train at any time. */
  z.strictObject({
    kind: z.literal('continuous'),
    concurrency: z.number().int().min(1),
    /** Who follows one that has finished: a random idle client, or itself (the fast then crowd out the slow). */
    next: z.enum(['uniform', 'same']).default('uniform'),
  }),
  /** A cohort a version, as synchronous averaging has it. The buffer is the cohort without what is over-selected. */
  z.strictObject({
    kind: z.literal('rounds'),
    clients: z.number().int().min(1),
    overSelection: z.number().min(0).max(10).default(0),
  }),
  /** The coordinator grants rounds, and gateways that wait download nothing: as `aggregation.participation` has it. */
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
    /** Mean accuracy over the evaluation's window of versions. */
    targetAccuracy: z.number().gt(0).lte(1).optional(),
  })
  .refine((stop) => stop.versions !== undefined || stop.virtualMs !== undefined, {
    error: 'wanted versions or virtualMs (a target alone may never be reached)',
  });

const evaluationSchema = z.strictObject({
  /** Whose windows judge: `validation` where there are any, else `test`. Tune on `validation` only. */
  on: z.enum(['validation', 'test']).optional(),
  everyVersions: z.number().int().min(1).default(1),
  /** At most so many windows, drawn by chance, the same for every seed. */
  maxWindows: z.number().int().min(1).default(2000),
  /** The published average of recent versions, or the current version. */
  model: z.enum(['average', 'current']).default('average'),
  /** Accuracies are means over this many evaluations, because single versions swing. */
  meanOver: z.number().int().min(1).default(10),
  /** What time, uploads and bytes are told for. */
  targets: z.array(z.number().gt(0).lte(1)).default([0.6, 0.7, 0.8, 0.85, 0.9]),
  /** Share of each client's own samples that it never trains on: they tell how well it is served. */
  clientHoldOut: z.number().min(0).max(0.9).default(0.2),
});

/** A scenario as a person writes it. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100),
  data: dataSchema,
  /** Training people set apart for tuning. Where nobody is named, `share` of the training samples. */
  validation: z
    .union([
      z.strictObject({ people: z.number().int().min(0) }),
      z.strictObject({ share: z.number().min(0).lt(1) }),
    ])
    .default({ people: 0 }),
  /**
   * Training people (where nobody is named, a `share` of the training samples) that no gateway holds: the coordinator
   * is fed their samples and trains the first version on them. The same ones for all seeds.
   */
  warmStart: warmStartSchema.optional(),
  partition: partitionSchema.prefault({ kind: 'by-person' }),
  clients: z.number().int().min(1).max(100_000),
  /** Absent: everything is dealt out. */
  samplesPerClient: z.number().int().min(1).optional(),
  /** Allows a sample to be on several clients, where there are too few for all. */
  repeat: z.boolean().default(false),
  /** A task; `name`, `input` and `labels` come from the data where they are left out. */
  task: z.looseObject({}),
  budgets: z
    .array(budgetSchema)
    .min(1)
    .max(32)
    .default([{ share: 1, bytes: 'dense' }])
    .refine((budgets) => Math.abs(budgets.reduce((sum, { share: part }) => sum + part, 0) - 1) < 1e-6, {
      error: 'wanted shares that add up to 1',
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

/** A scenario as a person writes it: what has a default may be left out. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type PartitionSpec = Scenario['partition'];
export type DelaySpec = Scenario['delay'];
export type BudgetClass = Scenario['budgets'][number];
