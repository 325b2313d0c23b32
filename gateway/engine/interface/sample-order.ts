import { type Random, shuffle } from '../../platform';
import type { Samples, TrainOptions } from './engine';

/**
 * The order in which the passes of a round take its samples. With `balance` 0 each pass takes every sample once; else a
 * pass has as many draws, of which a label gets a share in proportion to n^(1 - balance), where n is the number of its
 * samples: with 1 all labels get the same. A label's samples are taken in turn, so that none is drawn twice before all
 * were drawn once.
 */
export class SampleOrder {
  /** Places of samples, for the present pass. */
  readonly places: Uint32Array;
  private readonly labels: LabelTurns[];

  constructor(
    { count, y }: Samples,
    private readonly random: Random,
    balance: TrainOptions['balance'] = 0,
  ) {
    this.places = Uint32Array.from({ length: count }, (_, i) => i);
    this.labels = balance > 0 && y.length === count ? turnsOf(y, balance) : [];
  }

  /** Makes the order of the next pass. */
  next(): void {
    const { places, random, labels } = this;
    if (labels.length > 1) this.fillByLabel();
    shuffle(places, random);
  }

  /** Gives each label its share of the places, the rounding carried to the next label. */
  private fillByLabel(): void {
    const { places, random } = this;
    let at = 0;
    let share = 0;
    for (const turns of this.labels) {
      share += turns.share;
      const end = Math.min(places.length, Math.round(share * places.length));
      while (at < end) places[at++] = nextOf(turns, random);
    }
    const last = this.labels.at(-1);
    while (last && at < places.length) places[at++] = nextOf(last, random);
  }
}

/** The samples of a label, and how far the present turn over them is. */
interface LabelTurns {
  readonly share: number;
  readonly samples: Uint32Array;
  taken: number;
}

function nextOf(turns: LabelTurns, random: Random): number {
  if (turns.taken === turns.samples.length) turns.taken = 0;
  if (turns.taken === 0) shuffle(turns.samples, random);
  return turns.samples[turns.taken++]!;
}

function turnsOf(y: Uint16Array, balance: number): LabelTurns[] {
  const byLabel = new Map<number, number[]>();
  y.forEach((label, i) => {
    const samples = byLabel.get(label);
    if (samples) samples.push(i);
    else byLabel.set(label, [i]);
  });
  const ordered = [...byLabel].sort(([a], [b]) => a - b).map(([, samples]) => Uint32Array.from(samples));
  const parts = ordered.map(({ length }) => length ** (1 - balance));
  const sum = parts.reduce((total, part) => total + part, 0);
  return ordered.map((samples, i) => ({ share: parts[i]! / sum, samples, taken: 0 }));
}
