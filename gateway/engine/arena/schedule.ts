import type { MemoryReport } from '../interface/engine';
import type { Kernels } from '../kernels/kernels';
import { type Lifetime, liveBytes, packLifetimes } from './packing';

/** Purpose of a buffer: the lines of the memory report. */
export type MemoryKind = Exclude<keyof MemoryReport, 'peakBytes'>;

/** A piece of the arena. Its offset is settled when everything that touches it is known. */
export interface ArenaBuffer extends Lifetime {
  readonly kind: MemoryKind;
  /** Byte offset in the arena, once planned. */
  offset: number;
  first: number;
  last: number;
}

/** One way an operation can use bytes that nobody else needs at its moment. */
export interface SpareOption {
  readonly bytes: number;
  /** Examples it would work on at a time. */
  readonly group: number;
}

/** Scratch that an operation gets only if the arena has room to spare at its moment: it never makes the arena larger. */
export interface Spare {
  /** Useful sizes, best first. */
  readonly options: readonly SpareOption[];
  /** Of the option that fits; 0 where none does. Settled by planning. */
  group: number;
  offset: number;
  time: number;
}

/** The few numbers that change between steps; one object, reused. */
export interface Run {
  /** Examples in this micro-batch. */
  count: number;
  /** 1 / examples behind this optimiser step; 0 while evaluating. */
  scale: number;
  /** Whether the micro-batch's labels are in the arena. */
  labelled: boolean;
  learningRate: number;
  /** Of the round, for what is drawn at random in it. */
  seed: number;
  /** Place in its batch of the micro-batch's first example. */
  first: number;
  /** Optimiser steps so far in this round, this one included. */
  step: number;
  /** Sum of losses over examples. */
  loss: number;
  /** Squared norm of this step's gradient, so far. */
  squares: number;
}

/** One kernel call (or a few) with everything but `Run` settled. */
export type Step = (run: Run) => void;
type Phase = 'forward' | 'backward' | 'batch-start' | 'batch-end';

interface Operation {
  readonly phase: Phase;
  readonly bind: (kernels: Kernels) => Step;
}

/** The kernel calls of a program, by when they run. */
export interface BoundSchedule {
  /** Before a batch's first micro-batch. */
  readonly batchStart: readonly Step[];
  /** For each micro-batch. */
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
  /** After a batch's last micro-batch. */
  readonly batchEnd: readonly Step[];
}

/**
 * Collects the operations of one micro-batch in order, with the buffers each touches. A buffer lives from the first
 * operation that touches it to the last; kept buffers live always. Only when all is collected are offsets given out
 * (`plan`) and kernel calls made (`bind`).
 */
export class Schedule {
  private readonly operations: Operation[] = [];
  private readonly buffers: ArenaBuffer[] = [];
  private readonly spares: Spare[] = [];
  private readonly fillers: ((ints: Int32Array) => void)[] = [];
  private time = 0;
  private report: MemoryReport | undefined;

  /** A buffer that may share its bytes with others of another time. */
  buffer(kind: MemoryKind, bytes: number): ArenaBuffer {
    const buffer = { kind, bytes, offset: -1, first: Number.POSITIVE_INFINITY, last: -1 };
    this.buffers.push(buffer);
    return buffer;
  }

  /** A buffer that keeps its bytes for the life of the program. */
  keep(kind: MemoryKind, bytes: number): ArenaBuffer {
    const buffer = this.buffer(kind, bytes);
    buffer.first = 0;
    buffer.last = Number.POSITIVE_INFINITY;
    return buffer;
  }

  /** A kept table of int32 constants. */
  table(values: readonly number[]): ArenaBuffer {
    const buffer = this.keep('workspace', values.length * 4);
    this.fillers.push((ints) => ints.set(values, buffer.offset >> 2));
    return buffer;
  }

  /** Asks for spare bytes at the operation that is emitted next. */
  spare(options: readonly SpareOption[]): Spare {
    const spare = { options, group: 0, offset: -1, time: this.time };
    this.spares.push(spare);
    return spare;
  }

  /** Says that the buffers are in use at this point, by someone outside of the schedule. */
  touch(touched: readonly ArenaBuffer[]): void {
    const time = this.time++;
    for (const buffer of touched) {
      buffer.first = Math.min(buffer.first, time);
      buffer.last = Math.max(buffer.last, time);
    }
  }

  /** Adds an operation. `bind` is called after planning, when the offsets of the touched buffers are known. */
  emit(phase: Phase, touched: readonly ArenaBuffer[], bind: (kernels: Kernels) => Step): void {
    this.touch(touched);
    this.operations.push({ phase, bind });
  }

  /**
   * Gives every buffer its offset. The same schedule always gets the same plan.
   * @param enough whoever only asks whether the arena fits into so many bytes: the plan is not the best then
   */
  plan(enough?: number): MemoryReport {
    if (this.report) return this.report;
    const used = this.buffers.filter((buffer) => buffer.bytes > 0 && buffer.last >= 0);
    const kept = used.filter((buffer) => buffer.last === Number.POSITIVE_INFINITY);
    const passing = used.filter((buffer) => buffer.last !== Number.POSITIVE_INFINITY);
    // Kept buffers overlap with everything, so stacking them at the bottom costs nothing.
    let floor = 0;
    let end = 0;
    for (const buffer of kept) {
      buffer.offset = floor;
      end = floor + buffer.bytes;
      floor = Math.ceil(end / 16) * 16;
    }
    const packing = packLifetimes(passing, enough === undefined ? undefined : enough - floor);
    passing.forEach((buffer, i) => {
      buffer.offset = floor + packing.offsets[i]!;
    });
    const bytes = packing.bytes > 0 ? floor + packing.bytes : end;
    for (const spare of this.spares) settleSpare(spare, used, bytes);
    this.report = reportPeak(used, bytes);
    return this.report;
  }

  /** Makes the kernel calls and fills the tables. Call `plan` first. */
  bind(kernels: Kernels, ints: Int32Array): BoundSchedule {
    for (const fill of this.fillers) fill(ints);
    const of = (phase: Phase) =>
      this.operations
        .filter((operation) => operation.phase === phase)
        .map((operation) => operation.bind(kernels));
    return {
      batchStart: of('batch-start'),
      forward: of('forward'),
      backward: of('backward'),
      batchEnd: of('batch-end'),
    };
  }
}

/** Looks for the best option that fits between the buffers that live at the spare's moment. */
function settleSpare(spare: Spare, buffers: readonly ArenaBuffer[], arenaBytes: number): void {
  const live = buffers
    .filter(({ first, last }) => first <= spare.time && spare.time <= last)
    .sort((a, b) => a.offset - b.offset);
  let start = 0;
  let widest = 0;
  const gap = (end: number) => {
    if (end - start <= widest) return;
    widest = end - start;
    spare.offset = start;
  };
  for (const { offset, bytes } of live) {
    gap(offset);
    start = Math.max(start, Math.ceil((offset + bytes) / 16) * 16);
  }
  gap(arenaBytes);
  spare.group = spare.options.find(({ bytes }) => bytes <= widest)?.group ?? 0;
}

/** Splits the arena by kind at the fullest moment. Alignment and gaps count as workspace, so that the parts add up. */
function reportPeak(buffers: readonly ArenaBuffer[], peakBytes: number): MemoryReport {
  const starts = buffers.map((buffer) => buffer.first);
  const time = starts.reduce(
    (best, at) => (liveBytes(buffers, at) > liveBytes(buffers, best) ? at : best),
    starts[0] ?? 0,
  );
  const sums = {
    parameters: 0,
    base: 0,
    activations: 0,
    gradients: 0,
    optimiser: 0,
    workspace: 0,
    input: 0,
  };
  let live = 0;
  for (const buffer of buffers) {
    if (buffer.first > time || buffer.last < time) continue;
    sums[buffer.kind] += buffer.bytes;
    live += buffer.bytes;
  }
  sums.workspace += peakBytes - live;
  return { ...sums, peakBytes };
}
