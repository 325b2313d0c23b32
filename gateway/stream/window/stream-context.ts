import type { Task } from '../../task';
import type { BatchTimes, TimeFormat } from '../time';
import type { Tally } from './tally';
import type { RestartReason, StreamNotice } from './windower-types';

/** The settings, counts and listeners of a windower, which its streams share. */
export interface StreamContext {
  readonly input: Task['input'];
  readonly labels: readonly string[];
  readonly following: number;
  readonly tolerance: number;
  readonly maxFill: number;
  readonly labelShare: number;
  readonly time: TimeFormat;
  readonly batchTime: BatchTimes;
  readonly holdMs: number | undefined;
  readonly tally: Tally;
  readonly restart: (reason: RestartReason, text: string, lost: number) => void;
  readonly notice: (notice: StreamNotice) => void;
  /** True if values of the channel came and were too far from its centre. */
  readonly isFar: (channel: number) => boolean;
}
