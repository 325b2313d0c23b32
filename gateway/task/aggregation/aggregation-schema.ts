import { z } from 'zod';

const adaptiveServer = {
  learningRate: z.number().positive().max(10).default(0.01),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.99),
};

/**
 * The rule that makes a step of contributions, with its own settings. The table of rules in docs/architecture.md says
 * which of the shared settings of `aggregation` each one uses.
 */
const ruleSchema = z
  .discriminatedUnion('kind', [
    /** Mean weighted by samples, age and variance (Tenison 2025, arXiv 2510.03165). */
    z.strictObject({ kind: z.literal('ftte') }),
    /**
     * Synchronous rounds: waits for `bufferSize` gateways (`auto`: all that are online) for at most `maxWaitMs`, takes
     * nothing that began before the newest version, whatever `maxAge` says, and averages by samples (McMahan 2017,
     * arXiv 1602.05629).
     */
    z.strictObject({
      kind: z.literal('fedavg'),
      /** With `bufferSize` `auto`: the share of gateways that train beyond those a round waits for; 0.3 is 13 for 10. */
      overSelection: z.number().min(0).max(10).default(0),
    }),
    /** Every arrival makes a version: a share of it, by its age, is mixed in (Xie 2019, arXiv 1903.03934). */
    z.strictObject({
      kind: z.literal('fedasync'),
      /** Share of a fresh contribution that is taken over; alpha in the paper. */
      mixing: z.number().positive().max(1).default(0.6),
    }),
    /** Sum of the buffer weighted by age, divided by its size (Nguyen 2022, arXiv 2106.06639). */
    z.strictObject({ kind: z.literal('fedbuff') }),
    /** Mean of the buffer, calibrated by the last update of every gateway (Wang 2024, ICLR). */
    z.strictObject({
      kind: z.literal('ca2fl'),
      /** Memory for last updates, which every checkpoint holds, too; beyond it the oldest are forgotten. */
      cacheBytes: z
        .number()
        .int()
        .min(0)
        .max(1024 * 1024 * 1024)
        .default(16 * 1024 * 1024),
    }),
    /** Mean of the buffer and an AMSGrad step, shorter where contributions are old (Wang 2024, arXiv 2407.18365). */
    z.strictObject({
      kind: z.literal('fadas'),
      ...adaptiveServer,
      learningRate: adaptiveServer.learningRate.default(0.001),
      epsilon: z.number().positive().default(1e-8),
      /** The rate is divided by the largest age where that is above this many versions. */
      delayThreshold: z.number().min(0).default(1),
    }),
  ])
  .prefault({ kind: 'ftte' });

/** The name of a rule. */
export type RuleKind = z.infer<typeof ruleSchema>['kind'];

/** Properties of a rule that others than the coordinator need. */
export interface RuleTraits {
  /** A rule makes a version of each contribution, or of a buffer of them: gateways need it to know how far training has come. */
  readonly versionOf: 'contribution' | 'buffer';
  /** It keeps the last update of each gateway. */
  readonly keepsUpdates?: true;
  /** Gateways count alike, whatever their samples are. */
  readonly countsAlike?: true;
  /** It shortens the step of a whole buffer by its ages, and not each contribution by its own. */
  readonly agesWhole?: true;
  /** The server makes a step of the rule's own. */
  readonly ownStep?: true;
  /** It takes off old contributions what the model has moved since. */
  readonly damps?: true;
}

/** The properties of each rule. */
export const ruleTraits: Readonly<Record<RuleKind, RuleTraits>> = {
  ftte: { versionOf: 'buffer', damps: true },
  fedavg: { versionOf: 'buffer' },
  fedasync: { versionOf: 'contribution', ownStep: true },
  fedbuff: { versionOf: 'buffer', countsAlike: true },
  ca2fl: { versionOf: 'buffer', keepsUpdates: true },
  fadas: { versionOf: 'buffer', countsAlike: true, agesWhole: true, ownStep: true },
};

/** Rounds by the gateways' own triggers, or by grants. */
const participationSchema = z
  .discriminatedUnion('kind', [
    /** Every gateway by its own trigger, coordinator at hand or not. */
    z.strictObject({ kind: z.literal('free') }),
    /**
     * A gateway whose round is due waits for the coordinator's grant, which brings it up to date; until then it
     * downloads nothing. Who is next is drawn at random from all that wait, so that the fast do not crowd out the slow.
     */
    z.strictObject({
      kind: z.literal('granted'),
      /**
       * Local rounds that run at a time (with `fedavg`: that make up a round, spares of the over-selection included).
       * `auto`: everybody up to 10 gateways, a tenth of those online beyond, at most 50.
       */
      concurrency: z.union([z.literal('auto'), z.number().int().min(1).max(10_000)]).default('auto'),
      /** Time after which a granted round without an update gives its place to another; an update that comes later counts. */
      timeoutMs: z.number().int().min(1000).default(600_000),
    }),
  ])
  .prefault({ kind: 'free' });

/** Settings by which a coordinator makes versions of contributions: `aggregation` of a task. */
export const aggregationSchema = z.strictObject({
  rule: ruleSchema,
  participation: participationSchema,
  /**
   * Contributions in a buffer before it is applied; `auto`: half of the gateways online (where rounds are granted: of the
   * rounds at a time), at least 3 (or all), at most 10; of more than 500 gateways a fiftieth, at most 100.
   */
  bufferSize: z.union([z.literal('auto'), z.number().int().min(1).max(10_000)]).default('auto'),
  /** A buffer that holds anything is applied after this long, full or not, so that a quiet fleet advances. */
  maxWaitMs: z.number().int().min(100).default(60_000),
  /** q in n^q: 1 weighs a contribution by its samples, 0 treats gateways alike. */
  sampleExponent: z.number().min(0).max(1).default(1),
  /**
   * Of gateways that made different numbers of steps: `keep` takes their deltas as they are, so that who made more steps
   * moves the model further; `normalise` (FedNova) takes them as directions, one length for all. `auto`: normalise where
   * rounds end by time. For `ftte`, `fedbuff` and `fedavg`.
   */
  steps: z.enum(['auto', 'keep', 'normalise']).default('auto'),
  /** s_age, over tau = versions since the contribution's base version. */
  age: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('constant') }),
      z.strictObject({ kind: z.literal('polynomial'), alpha: z.number().min(0).max(10).default(0.5) }),
      z.strictObject({
        kind: z.literal('hinge'),
        grace: z.number().min(0).default(4),
        slope: z.number().positive().default(0.5),
      }),
      z.strictObject({ kind: z.literal('exponential'), rate: z.number().positive().default(0.2) }),
    ])
    .prefault({ kind: 'polynomial' }),
  /** s_var: `gradient` uses the variance that the gateway measured over its local steps. */
  variance: z.enum(['none', 'gradient', 'coordinates', 'distance']).default('gradient'),
  /**
   * For `ftte`: share of what the model has moved since a contribution's base version that is taken off it. From 0.5 on
   * contributions of any age make no swings; 0 takes them as they are.
   */
  damping: z.number().min(0).max(1).default(0.5),
  /**
   * For `ftte`, where gateways hold different plans: the step of a coordinate that few of a buffer's contributions hold
   * (or old ones) is cut in proportion to the weight behind it, or taken whole as if all held it.
   */
  coverage: z.enum(['proportional', 'ignored']).default('proportional'),
  /** An update of more versions ago is refused. */
  maxAge: z.number().int().min(0).max(100_000).default(50),
  /** Updates of a larger Euclidean norm are refused; it keeps one broken sensor from ruining the model. */
  maxNorm: z.number().positive().default(1000),
  /**
   * Protection against gateways that are hostile or broken. `clip`: an update above 4 times the norm that two thirds of the
   * gateways stay below is refused, one above twice that is clipped, and a gateway counts once in a buffer. `trust`: it is
   * quarantined, too, if it stands apart from the fleet, because it pushes the model back or carries it by itself.
   * Three look at one buffer only, after clipping, and take one contribution of a gateway: the `median` of each
   * coordinate, its mean without the 3 in 10 smallest and largest values (`trimmed`), or the one contribution nearest to
   * most others (`krum`). They cost accuracy where gateways differ, `krum` most of all.
   * `auto`: `trust`, or less where updates cannot be compared with each other (see `protectionOf`).
   */
  robust: z.enum(['auto', 'none', 'clip', 'trust', 'median', 'trimmed', 'krum']).default('auto'),
  /**
   * Updates have masks, which helpers among the gateways take off sums of several gateways only: the coordinator sees no
   * single update. For federations with invitations and at least three gateways. Gateways multiply their samples in; ages and
   * variances do not weigh. Left out: updates have none.
   */
  masked: z.literal(true).optional(),
  server: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('sgd'),
        /**
         * `auto`: 1 for fresh contributions; of mean age tau (1 + 1.5 tau) / (1 + tau) with `damping` of 0.5 or more,
         * else 2 / (1 + tau), at most 1.
         */
        learningRate: z.union([z.literal('auto'), z.number().positive().max(10)]).default('auto'),
        momentum: z.number().min(0).lt(1).default(0),
      }),
      z.strictObject({
        kind: z.literal('adam'),
        ...adaptiveServer,
        epsilon: z.number().positive().default(1e-3),
      }),
      z.strictObject({
        kind: z.literal('yogi'),
        ...adaptiveServer,
        epsilon: z.number().positive().default(1e-3),
      }),
    ])
    .prefault({ kind: 'sgd' }),
  /** Number of recent versions on which the published average leans; 1 turns averaging off. */
  averageVersions: z.number().int().min(1).max(1000).default(10),
});
