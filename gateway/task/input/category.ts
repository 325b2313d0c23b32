import { FtteError } from '../../platform';

/** A channel, as far as categories ask. */
interface Channel {
  readonly name: string;
  readonly side?: true | undefined;
  readonly presence?: object | undefined;
  /** Values of a field of texts, each of which becomes a channel. */
  readonly categories?: readonly string[] | undefined;
  /** The field, and the value for which the channel is 1. */
  readonly category?: { readonly of: string; readonly is: string } | undefined;
}

/** The part of a task that categories have to fit. */
interface CategoryTask {
  readonly kind: 'classification' | 'forecast' | 'anomaly';
  readonly input: {
    readonly channels: readonly Channel[];
    readonly cut?: { readonly kind: 'hop' | 'beats' | 'marks' } | undefined;
    readonly normalisation: 'channel' | 'window' | 'person' | 'none';
  };
  readonly forecast?: { readonly channels?: readonly string[] | undefined } | undefined;
}

/** Most channels of a task, those of categories included. */
const mostChannels = 64;
const longestName = 64;

const wrong = (field: string, text: string) => new FtteError('task-invalid', `${field}: ${text}`, { field });

/**
 * The channels with one for each category in place of a field of texts: `card` with `credit` and `debit` becomes
 * `card_credit` and `card_debit`, each 1 at readings of that category and 0 elsewhere.
 * @throws FtteError `task-invalid` naming the field, what came and what was expected
 */
export function withCategories<C extends Channel>(channels: readonly C[]): C[] {
  const all = channels.flatMap((channel, i): C[] => {
    const { categories, ...rest } = channel;
    if (!categories) return [channel];
    return categories.map((is, k) => {
      const name = `${channel.name}_${is}`;
      if (name.length > longestName)
        throw wrong(
          `input.channels.${i}.categories.${k}`,
          `makes the channel "${name}" of ${name.length} characters, expected at most ${longestName}`,
        );
      return {
        ...rest,
        name,
        unit: '',
        centre: 0,
        spread: 1,
        category: { of: channel.name, is },
      } as unknown as C;
    });
  });
  if (all.length > mostChannels)
    throw wrong(
      'input.channels',
      `are ${all.length} with one for each category, expected at most ${mostChannels}`,
    );
  return all;
}

/** For each channel the categories of its field, in the order of their channels; undefined for a channel of numbers. */
export function categoryLists(channels: readonly Channel[]): (readonly string[] | undefined)[] {
  const lists = new Map<string, string[]>();
  for (const { category } of channels)
    if (category) lists.set(category.of, [...(lists.get(category.of) ?? []), category.is]);
  return channels.map(({ category }) => category && lists.get(category.of));
}

/**
 * The places of the channels that come with readings: without those of presence, and of each field of categories only that of the
 * first one, in which the place of a text in the list comes.
 */
export function arrivingPlaces(channels: readonly Channel[]): number[] {
  const lists = categoryLists(channels);
  return channels.flatMap(({ presence, category }, c) =>
    presence || (category && category.is !== lists[c]?.[0]) ? [] : [c],
  );
}

/**
 * Checks fields of texts, as a person writes them or as channels of single categories.
 * @throws FtteError `task-invalid` naming the field, what came and what was expected
 */
export function checkCategories({ kind, input, forecast }: CategoryTask): void {
  const { channels, cut, normalisation } = input;
  const seen = new Set<string>();
  const plain = new Set(channels.filter(({ category }) => !category).map(({ name }) => name));
  channels.forEach((channel, i) => {
    const { name, presence, categories, category } = channel;
    if (!categories && !category) return;
    const field = `input.channels.${i}.${categories ? 'categories' : 'category'}`;
    if (categories && category) throw wrong(field, 'is there beside category, expected one of them');
    if (presence) throw wrong(field, 'is there beside presence, expected one of them');
    const twice = categories?.find((each, k) => categories.indexOf(each) !== k);
    if (twice !== undefined) throw wrong(field, `"${twice}" is there twice`);
    if (category) {
      const key = JSON.stringify([category.of, category.is]);
      if (seen.has(key)) throw wrong(field, `"${category.is}" of "${category.of}" is there twice`);
      if (plain.has(category.of))
        throw wrong(field, `is of "${category.of}", which is a channel of numbers, expected another name`);
      seen.add(key);
    }
    if (cut && cut.kind !== 'hop')
      throw wrong(field, `is there, expected none with windows at ${cut.kind}, which hold signals`);
    if (normalisation === 'window')
      throw wrong(field, 'is there, expected none with normalisation "window", which changes 0 and 1');
    if (kind !== 'forecast') return;
    if (!forecast?.channels)
      throw wrong(field, 'is there, expected forecast.channels to name channels of numbers');
    if (forecast.channels.includes(name))
      throw wrong('forecast.channels', `"${name}" is a category, expected channels of numbers`);
  });
}
