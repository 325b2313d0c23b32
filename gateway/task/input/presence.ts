import { FtteError } from '../../platform';

/** Channels, as far as presence asks. */
interface Channels {
  readonly channels: readonly {
    readonly name: string;
    readonly side?: true | undefined;
    readonly categories?: object | undefined;
    readonly category?: object | undefined;
    readonly presence?: { readonly of: string; readonly as: 'known' | 'since' } | undefined;
  }[];
}

/** The part of a task that channels of presence have to fit. */
interface PresenceTask {
  readonly kind: 'classification' | 'forecast' | 'anomaly';
  readonly input: Channels & {
    readonly cut?: { readonly kind: 'hop' | 'beats' | 'marks' } | undefined;
    readonly normalisation: 'channel' | 'window' | 'person' | 'none';
  };
  readonly forecast?: { readonly channels?: readonly string[] | undefined } | undefined;
}

/** A channel that says where another one had values: the place of that one, and the form. */
export interface PresencePlace {
  readonly of: number;
  readonly as: 'known' | 'since';
}

/** For each channel what it says about another one; undefined for those that are measured. */
export function presencePlaces({ channels }: Channels): (PresencePlace | undefined)[] {
  return channels.map(
    ({ presence }) =>
      presence && { of: channels.findIndex(({ name }) => name === presence.of), as: presence.as },
  );
}

/** Names of the channels that may go without a value, because another channel says where they had one. */
export const optionalChannels = ({ channels }: Channels): ReadonlySet<string> =>
  new Set(channels.flatMap(({ presence }) => presence?.of ?? []));

/**
 * Checks channels that say where others had values.
 * @throws FtteError `task-invalid` naming the field, what came and what was expected
 */
export function checkPresence({ kind, input, forecast }: PresenceTask): void {
  const { channels, cut, normalisation } = input;
  const measured = channels
    .filter(({ presence, side, categories, category }) => !presence && !side && !categories && !category)
    .map(({ name }) => name);
  channels.forEach(({ presence, side }, i) => {
    if (!presence) return;
    const wrong = (name: string, text: string) => {
      const field = `input.channels.${i}.${name}`;
      return new FtteError('task-invalid', `${field}: ${text}`, { field });
    };
    if (side) throw wrong('side', 'is true, expected none beside presence, which changes within a window');
    if (!measured.includes(presence.of))
      throw wrong('presence.of', `is "${presence.of}", expected one of ${measured.join(', ')}`);
    if (cut && cut.kind !== 'hop')
      throw wrong('presence', `is there, expected none with windows at ${cut.kind}, which need every value`);
    if (normalisation === 'window')
      throw wrong(
        'presence',
        'is there, expected none with normalisation "window", which leaves nothing of it',
      );
    if (kind === 'forecast' && !forecast?.channels)
      throw wrong('presence', 'is there, expected forecast.channels to name measured channels');
  });
  const predicted = forecast?.channels?.find((name) =>
    channels.some((channel) => channel.name === name && channel.presence),
  );
  if (predicted === undefined) return;
  const field = 'forecast.channels';
  throw new FtteError(
    'task-invalid',
    `${field}: "${predicted}" is not measured, expected some of ${measured}`,
    {
      field,
    },
  );
}
