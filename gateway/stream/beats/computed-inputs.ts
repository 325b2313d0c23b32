import { arrivingPlaces, categoryLists, type Task } from '../../task';
import { beatInputs } from './beat-measures';

type Input = Task['input'];

const names: readonly string[] = beatInputs.map(({ name }) => name);

/** For each channel its place among the measures of a beat, if windows are cut at beats and it is one; -1 for others. */
export function measurePlaces({ cut, channels }: Input): number[] {
  const isCut = cut?.kind === 'beats' || cut?.kind === 'marks';
  return channels.map(({ name, side }) => (isCut && side ? names.indexOf(name) : -1));
}

/**
 * The input as its readings come: without side inputs that are measured at beats and channels of presence, and with one channel
 * for each field of categories, whose values are places in its list.
 */
export function arrivingInput(input: Input): Input {
  const measures = measurePlaces(input);
  const lists = categoryLists(input.channels);
  const channels = arrivingPlaces(input.channels).flatMap((c) => {
    const channel = input.channels[c]!;
    if (measures[c]! >= 0) return [];
    const categories = lists[c];
    if (!categories || !channel.category) return [channel];
    const name = channel.category.of;
    // No place in the list is far from the centre.
    const spread = categories.length;
    return [{ name, unit: '', centre: 0, spread, categories: [...categories] }];
  });
  const isWhole = channels.every((channel, c) => channel === input.channels[c]);
  return isWhole && channels.length === input.channels.length ? input : { ...input, channels };
}
