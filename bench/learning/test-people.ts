import type { Samples } from '../../gateway/engine';
import { loadData, normaliseExamples, type Prepared } from '../../gateway/simulation';
import { byPerson, indicesOf } from '../personal/people';
import { gatherSamples } from '../support/gather-samples';

/**
 * All windows of each test person, in the order in which they were recorded, scaled as those that were trained on: a person's own
 * model meets every window, not the choice that the federation is judged by.
 */
export async function testPeople({ scenario, task }: Prepared): Promise<Samples[]> {
  const { mostOfEachLabel: _, ...data } = { mostOfEachLabel: undefined, ...scenario.data };
  const whole = await loadData(data as typeof scenario.data);
  const test = indicesOf(whole, 1);
  const { person } = whole;
  const part = {
    ...whole,
    windows: test.map((i) => whole.windows[i]!),
    y: Uint16Array.from(test, (i) => whole.y[i]!),
    person: person && Uint16Array.from(test, (i) => person[i]!),
    split: new Uint8Array(test.length).fill(1),
  };
  const examples = normaliseExamples(part, task.input);
  return byPerson(part.person, [...test.keys()]).map((indices) => gatherSamples(examples, indices));
}
