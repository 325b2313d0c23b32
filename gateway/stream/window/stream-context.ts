import { FtteError } from '../../platform';
import { optionalChannels, type Task } from '../../task';
import { arrivingInput } from '../beats';
import type { BatchTimes, TimeFormat } from '../time';
import type { Tally } from './tally';
import type { RestartReason, StreamNotice, WindowerOptions } from './windower-types';

/** The settings of a windower that its streams share; see `WindowerOptions`. */
export interface StreamSettings {
  readonly input: Task['input'];
  /** The input as readings have it: without side inputs that are measured at beats. */
  readonly arriving: Task['input'];
  /** For each of these channels whether it may go without values. */
  readonly optional: readonly boolean[];
  readonly labels: readonly string[];
  readonly following: number;
  readonly maxFill: number;
  readonly labelShare: number;
  readonly time: TimeFormat;
  readonly batchTime: BatchTimes;
  readonly holdMs: number | undefined;
}

/** The settings, counts and listeners of a windower, which its streams share. */
export interface StreamContext extends StreamSettings {
  readonly tally: Tally;
  readonly restart: (reason: RestartReason, text: string, lost: number) => void;
  readonly notice: (notice: StreamNotice) => void;
  /** True if values of the channel came and were too far from its centre. */
  readonly isFar: (channel: number) => boolean;
}

/** The settings with their defaults. @throws FtteError `config-invalid` */
export function streamSettings(options: WindowerOptions): StreamSettings {
  const { input, labels, following = 0, time = 'auto', batchTime = 'auto', holdMs } = options;
  const arriving = arrivingInput(input);
  const mayMiss = optionalChannels(input);
  return {
    input,
    arriving,
    optional: arriving.channels.map((channel) => mayMiss.has(channel.name)),
    labels,
    following,
    maxFill: atLeast('maxFill', options.maxFill ?? 2, 0),
    labelShare: atLeast('labelShare', options.labelShare ?? 1, 0.5),
    time,
    batchTime,
    holdMs: holdMs === undefined ? undefined : atLeast('holdMs', holdMs, 1),
  };
}

function atLeast(name: string, value: number, least: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new FtteError('config-invalid', `${name} is ${value}, expected a number of at least ${least}`, {
    name,
  });
}
