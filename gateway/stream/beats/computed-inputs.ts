import type { Task } from '../../task';
import { beatInputs } from './beat-measures';

type Input = Task['input'];

const names: readonly string[] = beatInputs.map(({ name }) => name);

/** For each channel its place among the measures of a beat, if windows are cut at beats and it is one; -1 for others. */
export function measurePlaces({ cut, channels }: Input): number[] {
  const isCut = cut?.kind === 'beats' || cut?.kind === 'marks';
  return channels.map(({ name, side }) => (isCut && side ? names.indexOf(name) : -1));
}

/** The input as its readings come: without side inputs that are measured at beats, and channels of presence. */
export function arrivingInput(input: Input): Input {
  const places = measurePlaces(input);
  const arrives = (c: number) => places[c]! < 0 && !input.channels[c]!.presence;
  const channels = input.channels.filter((_, c) => arrives(c));
  return channels.length === input.channels.length ? input : { ...input, channels };
}
