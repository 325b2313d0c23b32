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

/** What the thread that holds the program can be asked, and what goes with each question. */
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
  readonly configure: { readonly kind: EngineKind; readonly memory: MemoryReport };
  readonly parameters: undefined;
  readonly train: TrainResult & { readonly durationMs: number };
  readonly evaluate: EvaluateResult;
  readonly predict: Float32Array;
}

export type RequestType = keyof Requests;

/** To the worker. One at a time: the next is sent when the answer to the one before has come. */
export type RequestMessage = {
  [Type in RequestType]: { readonly type: Type; readonly payload: Requests[Type] };
}[RequestType];

/** From the worker. Anything other than an FtteError is a crash, not an answer. */
export type AnswerMessage =
  | { readonly outcome: 'done'; readonly answer: Answers[RequestType] }
  | {
      readonly outcome: 'failed';
      readonly code: string;
      readonly message: string;
      readonly details: Readonly<Record<string, string | number | boolean>>;
    };

/** What a worker is started with. */
export interface WorkerSetup {
  readonly engine: 'auto' | OwnEngineKind;
  /** One int32 in shared memory: the highest ticket that was cancelled. */
  readonly cancelled: Int32Array;
}

/** The buffers of a message that can move instead of being copied. Views in shared memory stay where they are. */
export function transferables(message: RequestMessage | AnswerMessage): ArrayBuffer[] {
  const found: ArrayBuffer[] = [];
  const visit = (value: unknown) => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) found.push(value.buffer);
    } else if (value && typeof value === 'object') Object.values(value).forEach(visit);
  };
  if ('outcome' in message) {
    if (message.outcome === 'done') visit(message.answer);
  } else if (message.type !== 'configure') visit(message.payload);
  return found;
}
