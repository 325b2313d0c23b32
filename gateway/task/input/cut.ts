import { FtteError } from '../../platform';

/** Readings per second from which beats can be found: the band of their peaks reaches up to 20 Hz. */
export const leastBeatRateHz = 50;

/** The part of a task that says where its windows are. */
interface CutTask {
  readonly kind: 'classification' | 'forecast' | 'anomaly';
  readonly input: {
    readonly cut?:
      | { readonly kind: 'hop' }
      | { readonly kind: 'marks'; readonly before: number }
      | { readonly kind: 'beats'; readonly before: number; readonly channel?: string | undefined }
      | undefined;
    readonly channels: readonly { readonly name: string; readonly side?: true | undefined }[];
    readonly length: number;
    readonly rateHz: number;
  };
}

/**
 * Checks where the windows of a task begin.
 * @throws FtteError `task-invalid` naming the field, what came and what was expected
 */
export function checkCut({ kind, input }: CutTask): void {
  const { cut, channels, length, rateHz } = input;
  if (!cut || cut.kind === 'hop') return;
  const wrong = (field: string, text: string) =>
    new FtteError('task-invalid', `input.cut.${field}: ${text}`, { field: `input.cut.${field}` });
  if (kind === 'forecast')
    throw wrong(
      'kind',
      `is "${cut.kind}", expected "hop" for a forecast, because its windows follow each other`,
    );
  if (cut.before >= length)
    throw wrong('before', `is ${cut.before}, expected less than the ${length} readings of a window`);
  if (cut.kind !== 'beats') return;
  const signals = channels.filter((channel) => !channel.side).map(({ name }) => name);
  if (cut.channel !== undefined && !signals.includes(cut.channel))
    throw wrong(
      'channel',
      `"${cut.channel}" is no signal of the task, expected one of ${signals.join(', ')}`,
    );
  if (rateHz < leastBeatRateHz)
    throw wrong('kind', `is "beats" at ${rateHz} readings per second, expected ${leastBeatRateHz} or more`);
}
