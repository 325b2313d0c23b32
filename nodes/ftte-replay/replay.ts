import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { NodeMessage } from 'node-red';
import type { Clock } from '../../gateway/platform';
import type { ReadingSource } from '../../gateway/stream';
import type { Packing } from './messages';
import { Player, type Progress } from './player';

export interface ReplayOptions {
  readonly speed: number;
  readonly loop: boolean;
  readonly maxBatch: number;
  /** Opens the source; each start plays from the beginning. */
  readonly open: () => Promise<ReadingSource>;
  /** Resolves when playing may begin. */
  readonly ready: () => Promise<void>;
  /** Packs readings of this source into messages. */
  readonly packing: (source: ReadingSource) => Packing;
  readonly send: (message: NodeMessage) => void;
  /** Readings per second of a source without a rate and times. */
  readonly rateHz: () => number;
  readonly clock: Clock;
  readonly on: {
    readonly phase: (phase: 'waiting' | 'opening' | 'stopped') => void;
    readonly progress: (progress: Progress) => void;
    readonly end: (progress: Progress) => void;
    /** The source failed in the middle; what came before was played, and the next pass begins. */
    readonly interrupted: (error: unknown) => void;
    /** Playing cannot go on. */
    readonly failed: (error: unknown) => void;
  };
}

/** A longer turn means that the nodes behind are working; they get the same time again. */
const longTurnMs = 5;

/** A replay node at work, with at most one run at a time. */
export class Replay {
  private run:
    | { readonly cancelled: { now: boolean }; player?: Player; readonly done: Promise<void> }
    | undefined;

  constructor(private readonly options: ReplayOptions) {}

  /** Starts unless it plays already. Failures go to `on.failed`. */
  start(): void {
    if (this.run) return;
    const cancelled = { now: false };
    // Playing begins with a later turn, when `run` is set.
    const done = nextTurn().then(() => this.play(cancelled));
    const run = { cancelled, done };
    this.run = run;
    void done.finally(() => {
      if (this.run === run) this.run = undefined;
    });
  }

  /** Resolves when the run has ended. */
  async stop(): Promise<void> {
    const run = this.run;
    if (!run) return;
    run.cancelled.now = true;
    run.player?.stop();
    await run.done;
  }

  private async play(cancelled: { readonly now: boolean }): Promise<void> {
    const { open, ready, packing, send, rateHz, on, clock, speed, loop, maxBatch } = this.options;
    try {
      on.phase('waiting');
      await ready();
      if (cancelled.now) return on.phase('stopped');
      on.phase('opening');
      const source = await open();
      if (cancelled.now) return on.phase('stopped');
      const { pack, end } = packing(source);
      const player = new Player({
        source,
        speed,
        loop,
        maxBatch,
        rateHz: rateHz(),
        clock,
        emit: (batch) => pack(batch).forEach(send),
        endPass: () => end().forEach(send),
        onProgress: on.progress,
        onInterrupted: on.interrupted,
        breathe,
      });
      if (this.run) this.run.player = player;
      if ((await player.play()) === 'end') on.end(player.progress);
      else on.phase('stopped');
    } catch (error) {
      on.failed(error);
    }
  }
}

/** Lets the nodes behind process their messages; if that takes long, threads and sockets get time, too. */
async function breathe(): Promise<void> {
  const startedMs = performance.now();
  await nextTurn();
  const turnMs = performance.now() - startedMs;
  if (turnMs > longTurnMs) await pause(turnMs);
}
