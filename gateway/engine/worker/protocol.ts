import type {
  EngineKind,
  EvaluateResult,
  MemoryReport,
  OwnEngineKind,
  ProgramRequest,
  Samples,
  TrainOptions,
  TrainResult,
} from '../interface/engine';

/** Requests to the thread that holds the program, each with its arguments. */
export interface Requests {
  readonly configure: ProgramRequest;
  /** The whole flat vector: in shared memory, so that asking copies nothing. */
  readonly parameters: Float32Array;
  readonly train: {
    readonly samples: Samples;
    readonly options: Omit<TrainOptions, 'shouldStop'>;
    /** Compared with the cancel flag: the round ends as soon as the flag is at or above it. */
    readonly ticket: number;
  };
  readonly evaluate: Samples;
  readonly predict: { readonly x: Float32Array; readonly count: number };
}

export interface Answers {
  readonly configure: {
    readonly kind: EngineKind;
    readonly memory: MemoryReport;
    /** The reason why other kernels run than those asked for. */
    readonly fallback: string | undefined;
  };
  readonly parameters: undefined;
  readonly train: TrainResult & { readonly durationMs: number };
  readonly evaluate: EvaluateResult;
  readonly predict: Float32Array;
}

export type RequestType = keyof Requests;

/** Answers of a thread to a trainer, by the type of request. */
export type TrainerJobs = { readonly [Type in RequestType]: (payload: Requests[Type]) => Answers[Type] };

/** Data with which a worker is started. */
export interface WorkerSetup {
  readonly engine: 'auto' | OwnEngineKind;
  /** One int32 in shared memory: the highest ticket that was cancelled. */
  readonly cancelled: Int32Array;
}
