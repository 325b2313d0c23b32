import { FtteError } from '../../platform';
import type { Engine, Program } from '../interface/engine';
import type { TrainerJobs } from './protocol';

/** Needs of a host from its thread. */
export interface HostSurroundings {
  /** Milliseconds, for the duration of rounds. */
  readonly now: () => number;
  /** True once the round with this ticket shall end. */
  readonly isCancelled: (ticket: number) => boolean;
}

/** Holds one program and answers requests about it, synchronously: the engine's side of a Trainer. */
export class ProgramHost {
  private engine: Engine | undefined;
  private program: Program | undefined;
  private loaded = false;

  constructor(
    private readonly createEngine: () => Engine,
    private readonly surroundings: HostSurroundings,
  ) {}

  /** @throws FtteError `not-ready` before a program and its parameters are there, and whatever the engine throws */
  readonly jobs: TrainerJobs = {
    configure: (request) => {
      // The old program goes first: two arenas at once would break the budget.
      this.program?.release();
      this.program = undefined;
      this.loaded = false;
      this.engine ??= this.createEngine();
      this.program = this.engine.compile(request);
      const { kind, memory } = this.program;
      return { kind, memory, fallback: this.engine.fallback };
    },
    parameters: (flat) => {
      this.compiled().loadParameters(flat);
      this.loaded = true;
      return undefined;
    },
    train: ({ samples, options, ticket }) => {
      const program = this.ready();
      const { now, isCancelled } = this.surroundings;
      const { maxMs = Infinity } = options;
      const start = now();
      let first = true;
      const isOver = () => {
        // A round without a step would be none: the slowest gateway, too, sends something.
        if (!first) return now() - start >= maxMs;
        first = false;
        return false;
      };
      const result = program.train(samples, {
        ...options,
        shouldStop: () => isCancelled(ticket) || isOver(),
      });
      return { ...result, delta: ownBuffer(result.delta), durationMs: now() - start };
    },
    evaluate: (samples) => {
      const result = this.ready().evaluate(samples);
      return { ...result, confusion: ownBuffer(result.confusion) };
    },
    predict: ({ x, count }) => ownBuffer(this.ready().predict(x, count)),
  };

  private compiled(): Program {
    if (this.program) return this.program;
    throw new FtteError('not-ready', 'the engine has no program yet: configure it first');
  }

  private ready(): Program {
    const program = this.compiled();
    if (this.loaded) return program;
    throw new FtteError('not-ready', 'the engine has no parameters yet: set them first');
  }
}

/** The same numbers in a buffer of their own: a view into an arena would drag the whole arena along. */
function ownBuffer<T extends Float32Array | Uint32Array>(values: T): T {
  return values.byteLength === values.buffer.byteLength ? values : (values.slice() as T);
}
