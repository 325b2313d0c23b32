import type { EvaluateResult, Samples } from '../../../engine';
import { worstTenth } from '../../../metrics';
import type { Task } from '../../../task';
import type { Quality } from '../../reports';
import { Tally } from './tally';

/** Adds up what an engine measures, over all windows and for each person. */
export class PeopleTally {
  private readonly all: Tally;
  private readonly people = new Map<string, Tally>();

  constructor(private readonly task: Task) {
    this.all = new Tally(task);
  }

  /** @param person whose windows these are; undefined: nobody's in particular */
  add(person: string | undefined, result: EvaluateResult, samples: Pick<Samples, 'x'>): void {
    this.all.add(result, samples);
    if (person === undefined) return;
    let own = this.people.get(person);
    if (!own) {
      own = new Tally(this.task);
      this.people.set(person, own);
    }
    // A histogram of scores for each person would be most of the memory, and nothing of a person is read from it.
    own.add({ ...result, scores: undefined }, samples);
  }

  get quality(): Quality {
    const people = this.people.size;
    const worst = people > 1 ? this.worstTenth : undefined;
    return { ...this.all.quality, ...(worst !== undefined && { people, worstTenth: worst }) };
  }

  /** The quality of each person's windows, without the area under the curve. */
  get qualities(): ReadonlyMap<string, Quality> {
    return new Map([...this.people].map(([person, tally]) => [person, tally.quality]));
  }

  /** Mean over the tenth of the people whom the model serves worst; undefined if nobody is named. */
  private get worstTenth(): number | undefined {
    const all = [...this.qualities.values()];
    const worst = worstTenth(
      all.map(
        ({ balancedAccuracy, meanAbsoluteError = Number.NaN }) => balancedAccuracy ?? -meanAbsoluteError,
      ),
    );
    return worst === undefined ? undefined : Math.abs(worst);
  }
}
