import type {
  CreatedEngine,
  EvaluateResult,
  Program,
  ProgramRequest,
  Samples,
  TrainOptions,
  TrainResult,
} from '../../engine';
import type { Sample } from '../../stream';

/** Every example of the data, normalised, in memory that threads share. */
export interface Examples {
  /** `[count, length, channels]` end to end. */
  readonly x: Float32Array;
  readonly y: Uint16Array;
  /** Values of one example. */
  readonly size: number;
}

/** One example as a store keeps it; the window is not copied. */
export function sampleOf({ x, y, size }: Examples, i: number): Sample {
  return { window: x.subarray(i * size, (i + 1) * size), label: y[i] as number };
}

/** One piece of work, whole in itself: any thread gives the same answer. */
export type PoolJob =
  | {
      readonly kind: 'train';
      readonly program: ProgramRequest;
      /** Equal numbers, equal programs: compiled once a thread. */
      readonly programId: number;
      readonly parameters: Float32Array;
      readonly samples: Samples;
      readonly options: Omit<TrainOptions, 'shouldStop'>;
    }
  | {
      readonly kind: 'evaluate';
      readonly program: ProgramRequest;
      readonly programId: number;
      readonly parameters: Float32Array;
      /** Indices into the examples, by group. */
      readonly groups: readonly Uint32Array[];
    };

export interface PoolAnswers {
  readonly train: TrainResult;
  /** One result a group. */
  readonly evaluate: readonly EvaluateResult[];
}

/** Programs that are kept: more than rounds are under way with, where plans change with every version. */
const keptPrograms = 64;

/** Does jobs with one engine, in whatever thread it lives. */
export class PoolHost {
  /** The one that was used last is the last. */
  private readonly programs = new Map<number, Program>();

  constructor(
    private readonly engine: CreatedEngine,
    private readonly examples: Examples,
  ) {}

  /** Why it computes without WebAssembly, where it does. */
  get fallback(): string | undefined {
    return this.engine.fallback;
  }

  /** @throws FtteError whatever the engine throws */
  answer(job: PoolJob): PoolAnswers[PoolJob['kind']] {
    const program = this.programOf(job);
    program.loadParameters(job.parameters);
    if (job.kind === 'train') return program.train(job.samples, job.options);
    return job.groups.map((group) => program.evaluate(this.gather(group)));
  }

  private programOf({ programId, program: request }: PoolJob): Program {
    const known = this.programs.get(programId);
    this.programs.delete(programId);
    const [oldest] = this.programs;
    if (!known && oldest && this.programs.size >= keptPrograms) {
      this.programs.delete(oldest[0]);
      oldest[1].release();
    }
    const program = known ?? this.engine.compile(request);
    this.programs.set(programId, program);
    return program;
  }

  private gather(indices: Uint32Array): Samples {
    const { x, y, size } = this.examples;
    const samples = {
      count: indices.length,
      x: new Float32Array(indices.length * size),
      y: new Uint16Array(indices.length),
    };
    indices.forEach((index, i) => {
      samples.x.set(x.subarray(index * size, (index + 1) * size), i * size);
      samples.y[i] = y[index] as number;
    });
    return samples;
  }
}
