import type { ParameterTensor } from '../../model';
import type { ArenaBuffer, Schedule, Step } from '../arena/schedule';
import type { Kernels } from '../kernels/kernels';
import type { OptimiserState } from '../optimisers/optimiser';
import type { ParameterStore, Place, RoundedKernel } from './parameter-store';
import type { TrainedTensor } from './training-plan';

/** Place of a gradient's sum: laid out like the planned part of its tensor. */
export interface GradientSite {
  readonly buffer: ArenaBuffer;
  /** First value, in bytes from the buffer's start. */
  readonly at: number;
}

/** A parameter tensor as its layer sees it. */
export interface ParameterSite {
  readonly tensor: ParameterTensor;
  /** Its place in float32; undefined if it is `rounded`, as only layers that say `rounded` get it. */
  readonly place: Place | undefined;
  readonly rounded: RoundedKernel | undefined;
  /** The planned part, where the plan trains any of it. */
  readonly trained: TrainedTensor | undefined;
  /** Receiver of the gradients of a training program. */
  readonly gradients: GradientStore | undefined;
}

/** Byte offset of a float32 tensor in the arena, once planned. */
export function parameterAddress({ place, tensor }: ParameterSite): number {
  if (!place) throw new Error(`${tensor.name} is rounded: its layer must not ask for it in float32`);
  return place.buffer.offset + place.at;
}

/**
 * Storage of the gradients of the planned tensors. With micro-batches they are summed over the batch, in the
 * optimiser's own state if it has a place for them: so all live throughout and the optimiser runs at the batch's end.
 * If the micro-batch is the batch, each tensor may be updated as soon as its gradient is known, and the gradients of
 * different layers share bytes.
 */
export class GradientStore {
  private readonly kept: ArenaBuffer | undefined;
  /** Place of the gradient of one example, all tensors after one another, before it is added to the others. */
  readonly example: ArenaBuffer | undefined;

  constructor(
    private readonly schedule: Schedule,
    private readonly parameters: ParameterStore,
    private readonly optimiser: OptimiserState,
    planSize: number,
    accumulate: boolean,
    perExample = false,
  ) {
    if (perExample) {
      const example = schedule.keep('gradients', planSize * 4);
      this.example = example;
      schedule.emit('backward', [example], (kernels) => () => kernels.zero(example.offset, planSize));
    }
    if (!accumulate) return;
    this.kept = optimiser.sums;
    if (this.kept) return;
    const kept = schedule.keep('gradients', planSize * 4);
    this.kept = kept;
    schedule.emit('batch-start', [kept], (kernels) => () => kernels.zero(kept.offset, planSize));
  }

  /** Place in which gradients are summed over a batch; undefined if they are applied as they come. */
  get sums(): ArenaBuffer | undefined {
    return this.kept;
  }

  /** A place to accumulate the gradient in; zeroed here if it does not outlive the step. */
  private open(trained: TrainedTensor): GradientSite {
    const whole = this.example ?? this.kept;
    if (whole) return { buffer: whole, at: trained.offset * 4 };
    const buffer = this.schedule.buffer('gradients', trained.size * 4);
    this.schedule.emit('backward', [buffer], (kernels) => () => kernels.zero(buffer.offset, trained.size));
    return { buffer, at: 0 };
  }

  /**
   * Emits `accumulate` into the gradient of a tensor. The result emits the tensor's update, for when this layer needs
   * the old values no more.
   */
  emit(trained: TrainedTensor, accumulate: (gradient: GradientSite) => void): () => void {
    const gradient = this.open(trained);
    accumulate(gradient);
    const applied = this.kept ? { buffer: this.kept, at: trained.offset * 4 } : gradient;
    return () =>
      this.schedule.emit(this.kept ? 'batch-end' : 'backward', [applied.buffer], (kernels) =>
        this.bindUpdate(kernels, trained, applied),
      );
  }

  /** One optimiser call for each run of neighbouring coordinates. */
  private bindUpdate(kernels: Kernels, trained: TrainedTensor, gradient: GradientSite): Step {
    const update = this.optimiser.bind(kernels);
    const first = gradient.buffer.offset + gradient.at;
    const runs: { w: number; g: number; at: number; length: number }[] = [];
    for (const { buffer, at, planned, length } of this.parameters.runsOf(trained)) {
      const w = buffer.offset + at;
      const last = runs.at(-1);
      if (last && last.w + last.length * 4 === w) last.length += length;
      else runs.push({ w, g: first + (planned - trained.offset) * 4, at: planned, length });
    }
    return (step) => {
      for (let i = 0; i < runs.length; i++) {
        const { w, g, at, length } = runs[i]!;
        update(step, w, g, at, length);
      }
    };
  }
}
