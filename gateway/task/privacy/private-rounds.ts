import { recordPrivacy, type TaskPrivacy } from './levels';

/** The part of a task that decides on its private rounds. */
export interface PrivateTask extends TaskPrivacy {
  readonly training: {
    readonly batchSize: number;
    readonly epochs: number;
    readonly maxSamplesPerRound: number;
  };
}

/** The clipping norm where a task leaves it open. It must not follow from samples, whose norms would show in it. */
const usualClip = 1;

/** Steps of the sample count to an octave. */
const stepsPerOctave = 4;

/** A round with differential privacy, without its noise. */
export interface PrivateRound {
  /** Number of samples as others may know it: rounded down to a quarter of an octave. All the rest follows from it. */
  readonly samples: number;
  readonly steps: number;
  /** Probability with which a step takes a sample. */
  readonly rate: number;
  /** Divisor of a step's sum of gradients. */
  readonly batch: number;
  readonly clip: number;
}

/**
 * The round of a gateway with differential privacy: as many steps as a plain round makes, each over a batch drawn from all
 * samples that are stored.
 * @param count samples that are stored, at least 1
 * @returns undefined if the task asks for no privacy of records
 */
export function privateRound(task: PrivateTask, count: number): PrivateRound | undefined {
  const privacy = recordPrivacy(task);
  if (!privacy) return undefined;
  const { training } = task;
  const samples = coarseCount(count);
  const { batchSize, epochs, maxSamplesPerRound } = training;
  const batch = Math.min(batchSize, samples);
  const steps = epochs * Math.ceil(Math.min(samples, maxSamplesPerRound) / batchSize);
  const clip = privacy.clip === 'auto' ? usualClip : privacy.clip;
  return { samples, steps, rate: batch / samples, batch, clip };
}

/** The largest number of a scale of quarter octaves that is not above a count. */
function coarseCount(count: number): number {
  const octaves = Math.floor(stepsPerOctave * Math.log2(count) + 1e-9) / stepsPerOctave;
  return Math.max(1, Math.floor(2 ** octaves + 1e-9));
}
