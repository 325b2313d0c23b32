import type { ParameterLayout, ParameterTensor } from '../../model';
import { fromHalf } from '../../platform';
import type { ArenaBuffer, Schedule } from '../arena/schedule';
import type { FrozenPrecision } from '../interface/engine';
import { scaleOf, toCode, toFiniteHalf } from './rounding';
import type { TrainedTensor, TrainingPlan } from './training-plan';

/** Values that lie together in the arena. */
export interface Place {
  readonly buffer: ArenaBuffer;
  /** First value, in bytes from the buffer's start. */
  readonly at: number;
}

/** Neighbouring trained parameters: where they lie in the arena, among the planned coordinates, and in the flat vector. */
export interface TrainedRun extends Place {
  readonly planned: number;
  readonly flat: number;
  readonly length: number;
}

/**
 * A kernel `[positions, channels, outputs]` whose frozen input channels are held in fewer bytes, and whose trained ones
 * lie apart in float32, as they lie in the plan. A layer sees it eight columns at a time: `layers/weights.ts`.
 */
export interface RoundedKernel {
  readonly precision: Exclude<FrozenPrecision, 'float32'>;
  readonly positions: number;
  readonly channels: number;
  readonly outputs: number;
  readonly frozen: readonly number[];
  readonly trained: readonly number[];
  /** `[positions, frozen, outputs]`: one byte a number, or two. */
  readonly codes: ArenaBuffer;
  /** One float32 an output; int8 only. */
  readonly scales: ArenaBuffer | undefined;
  /** `[positions, trained, outputs]`, float32. */
  readonly values: ArenaBuffer | undefined;
  /** One int32 a channel: its place among the trained, or -1 minus its place among the frozen. */
  readonly table: ArenaBuffer | undefined;
}

/** The arena as each kind of number. */
export interface ArenaViews {
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
}

const bytesOf = { float16: 2, int8: 1 } as const;

/**
 * The parameters in the arena, each in its form: what is trained, and every small tensor, in float32; the
 * frozen channels of kernels as the request says. The numbers of a round's start come from outside in full precision
 * each time, so rounding never adds up.
 */
export class ParameterStore {
  private readonly plain: ArenaBuffer;
  private readonly places = new Map<ParameterTensor, Place>();
  private readonly rounded = new Map<ParameterTensor, RoundedKernel>();

  /** @param roundable whether a tensor's layer can read it rounded */
  constructor(
    schedule: Schedule,
    private readonly layout: ParameterLayout,
    private readonly plan: TrainingPlan | undefined,
    precision: FrozenPrecision,
    roundable: (tensor: ParameterTensor) => boolean,
  ) {
    for (const tensor of layout.tensors) {
      if (precision === 'float32' || !roundable(tensor)) continue;
      const kernel = roundKernel(schedule, tensor, this.trainedPart(tensor), precision);
      if (kernel) this.rounded.set(tensor, kernel);
    }
    const whole = layout.tensors.filter((tensor) => !this.rounded.has(tensor));
    const size = whole.reduce((sum, tensor) => sum + tensor.size, 0);
    this.plain = schedule.keep('parameters', size * 4);
    let at = 0;
    for (const tensor of whole) {
      this.places.set(tensor, { buffer: this.plain, at });
      at += tensor.size * 4;
    }
  }

  trainedPart(tensor: ParameterTensor): TrainedTensor | undefined {
    return this.plan?.tensors.find((entry) => entry.tensor === tensor);
  }

  /** Place of a tensor in float32; undefined if it is rounded. */
  placeOf(tensor: ParameterTensor): Place | undefined {
    return this.places.get(tensor);
  }

  roundedKernel(tensor: ParameterTensor): RoundedKernel | undefined {
    return this.rounded.get(tensor);
  }

  /** Place of the planned coordinates of a tensor. */
  runsOf({ tensor, segments, offset }: TrainedTensor): TrainedRun[] {
    const values = this.rounded.get(tensor)?.values;
    const place = this.places.get(tensor);
    let done = 0;
    return segments.map(({ offset: flat, length }) => {
      const planned = offset + done;
      // Trained channels of a rounded kernel lie as they do in the plan.
      const run = values
        ? { buffer: values, at: done * 4, planned, flat, length }
        : { buffer: place!.buffer, at: place!.at + (flat - tensor.offset) * 4, planned, flat, length };
      done += length;
      return run;
    });
  }

  /** All planned coordinates, in the plan's order. */
  runs(): TrainedRun[] {
    return this.plan?.tensors.flatMap((trained) => this.runsOf(trained)) ?? [];
  }

  /** Takes the whole flat vector, rounding what is held rounded. */
  load(views: ArenaViews, flat: Float32Array): void {
    for (const tensor of this.layout.tensors) {
      const own = flat.subarray(tensor.offset, tensor.offset + tensor.size);
      const kernel = this.rounded.get(tensor);
      if (kernel) loadRounded(views, kernel, own);
      else views.floats.set(own, this.indexOf(tensor));
    }
  }

  /** Gives the whole flat vector as the kernels see it. */
  read({ floats, bytes }: ArenaViews, into: Float32Array): void {
    for (const tensor of this.layout.tensors) {
      const kernel = this.rounded.get(tensor);
      const from = kernel ? 0 : this.indexOf(tensor);
      if (kernel) readRounded({ floats, bytes }, kernel, into.subarray(tensor.offset));
      else into.set(floats.subarray(from, from + tensor.size), tensor.offset);
    }
  }

  private indexOf(tensor: ParameterTensor): number {
    const { buffer, at } = this.places.get(tensor)!; // asked only of tensors in float32
    return (buffer.offset + at) >> 2;
  }
}

/** A kernel in its rounded form; undefined where that would take no fewer bytes. */
function roundKernel(
  schedule: Schedule,
  { shape, size, inputChannels }: ParameterTensor,
  part: TrainedTensor | undefined,
  precision: Exclude<FrozenPrecision, 'float32'>,
): RoundedKernel | undefined {
  if (inputChannels === 0 || (part && !part.channels)) return undefined;
  const chosen = new Set(part?.channels);
  const all = Array.from({ length: inputChannels }, (_, channel) => channel);
  const frozen = all.filter((channel) => !chosen.has(channel));
  const trained = all.filter((channel) => chosen.has(channel));
  const outputs = shape.at(-1)!; // a kernel has a shape
  const positions = size / (inputChannels * outputs);
  const numbers = positions * frozen.length * outputs;
  const extra = (precision === 'int8' ? outputs * 4 : 0) + (part ? inputChannels * 4 : 0);
  if (numbers * bytesOf[precision] + extra >= numbers * 4) return undefined;
  let [frozenSoFar, trainedSoFar] = [0, 0];
  const table = all.map((channel) => (chosen.has(channel) ? trainedSoFar++ : -1 - frozenSoFar++));
  return {
    precision,
    positions,
    channels: inputChannels,
    outputs,
    frozen,
    trained,
    codes: schedule.keep('parameters', numbers * bytesOf[precision]),
    scales: precision === 'int8' ? schedule.keep('parameters', outputs * 4) : undefined,
    values: part && schedule.keep('parameters', part.size * 4),
    table: part && schedule.table(table),
  };
}

/** Calls `each` with the place in the flat kernel and among the frozen numbers, a row of outputs at a time. */
function frozenRows(
  { positions, channels, outputs, frozen }: RoundedKernel,
  each: (from: number, to: number) => void,
): void {
  for (let position = 0; position < positions; position++)
    frozen.forEach((channel, i) => {
      each((position * channels + channel) * outputs, (position * frozen.length + i) * outputs);
    });
}

function trainedRows(
  { positions, channels, outputs, trained, values }: RoundedKernel,
  each: (from: number, to: number) => void,
): void {
  for (let position = 0; values && position < positions; position++)
    trained.forEach((channel, i) => {
      each(
        (position * channels + channel) * outputs,
        (values.offset >> 2) + (position * trained.length + i) * outputs,
      );
    });
}

function loadRounded({ floats, bytes }: ArenaViews, kernel: RoundedKernel, own: Float32Array): void {
  const { outputs, codes, scales } = kernel;
  trainedRows(kernel, (from, to) => floats.set(own.subarray(from, from + outputs), to));
  if (!scales) {
    const halves = new Uint16Array(bytes.buffer, codes.offset, codes.bytes >> 1);
    frozenRows(kernel, (from, to) => {
      for (let n = 0; n < outputs; n++) halves[to + n] = toFiniteHalf(own[from + n]!);
    });
    return;
  }
  const scale = floats.subarray(scales.offset >> 2, (scales.offset >> 2) + outputs).fill(0);
  frozenRows(kernel, (from) => {
    for (let n = 0; n < outputs; n++) scale[n] = Math.max(scale[n]!, Math.abs(own[from + n]!));
  });
  for (let n = 0; n < outputs; n++) scale[n] = scaleOf(scale[n]!);
  const signed = new Int8Array(bytes.buffer, codes.offset, codes.bytes);
  frozenRows(kernel, (from, to) => {
    for (let n = 0; n < outputs; n++) signed[to + n] = toCode(own[from + n]!, scale[n]!);
  });
}

function readRounded({ floats, bytes }: ArenaViews, kernel: RoundedKernel, into: Float32Array): void {
  const { outputs, codes, scales } = kernel;
  trainedRows(kernel, (from, to) => into.set(floats.subarray(to, to + outputs), from));
  const halves = scales ? undefined : new Uint16Array(bytes.buffer, codes.offset, codes.bytes >> 1);
  const signed = new Int8Array(bytes.buffer, codes.offset, codes.bytes);
  const first = (scales?.offset ?? 0) >> 2;
  frozenRows(kernel, (to, from) => {
    for (let n = 0; n < outputs; n++)
      into[to + n] = halves ? fromHalf(halves[from + n]!) : signed[from + n]! * floats[first + n]!;
  });
}
