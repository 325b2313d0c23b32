import type {
  CreatedEngine,
  EvaluateResult,
  Program,
  ProgramRequest,
  Samples,
  TrainOptions,
  TrainResult,
} from '../../engine';
import type { Examples } from '../data/examples';

/** Does the jobs of a pool with one engine, in the thread that it is created in. */
export class PoolHost {
  /** Compiled programs by number, the most recently used last. */
  private readonly programs = new Map<number, Program>();

  constructor(
    private readonly engine: CreatedEngine,
    private readonly examples: Examples,
  ) {}

  /** Why it computes without WebAssembly; undefined if it computes with it. */
  get fallback(): string | undefined {
    return this.engine.fallback;
  }

  /** Does one job. @throws FtteError of the engine */
  answer(job: PoolJob): PoolAnswers[PoolJob['kind']] {
    const program = this.programOf(job);
    program.loadParameters(job.parameters);
    if (job.kind === 'train') return program.train(job.samples, job.options);
    const isLabelled = job.program.model.target.kind === 'class';
    return job.groups.map((group) => program.evaluate(this.gather(group, isLabelled)));
  }

  private programOf({ programId, program: request }: PoolJob): Program {
    const known = this.programs.get(programId);
    this.programs.delete(programId);
    const [oldest] = this.programs;
    if (!known && oldest && this.programs.size >= maxPrograms) {
      this.programs.delete(oldest[0]);
      oldest[1].release();
    }
    const program = known ?? this.engine.compile(request);
    this.programs.set(programId, program);
    return program;
  }

  private gather(indices: Uint32Array, isLabelled: boolean): Samples {
    const { x, y, size } = this.examples;
    const samples = {
      count: indices.length,
      x: new Float32Array(indices.length * size),
      y: new Uint16Array(isLabelled ? indices.length : 0),
    };
    indices.forEach((index, i) => {
      samples.x.set(x.subarray(index * size, (index + 1) * size), i * size);
      // Beyond the end of an empty array, this does nothing.
      samples.y[i] = y[index] as number;
    });
    return samples;
  }
}

/** Most compiled programs of a host: more than the rounds in progress need if plans change with every version. */
const maxPrograms = 64;

/** The answer to each kind of job. */
export interface PoolAnswers {
  readonly train: TrainResult;
  /** One result per group. */
  readonly evaluate: readonly EvaluateResult[];
}

/** One job of a pool. It holds everything that it needs, so any thread gives the same answer. */
export type PoolJob =
  | {
      readonly kind: 'train';
      readonly program: ProgramRequest;
      /** Programs with the same number are equal, and each thread compiles them once. */
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
