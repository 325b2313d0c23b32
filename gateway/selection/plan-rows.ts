import {
  channelRatios,
  channelsAt,
  type ImportanceScores,
  type ParameterLayout,
  type Plan,
  planSegments,
  segmentsSize,
} from '../model';

/** A plan's choice of one tensor, for people. */
export interface PlanRow {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly trainedParameters: number;
  /** Input channels to choose among; 0 for a tensor that is trained whole or not at all (a bias). */
  readonly inputChannels: number;
  /** Input channels that are trained, ascending; none where the tensor is frozen, and in a bias. */
  readonly channels: readonly number[];
  /** Gain of this part alone; undefined if it was not measured. */
  readonly expectedGain: number | undefined;
}

/** One row per tensor, in the layout's order. */
export function planRows(layout: ParameterLayout, plan: Plan, importance?: ImportanceScores): PlanRow[] {
  const entries = new Map(plan.entries.map((entry) => [entry.tensor, entry]));
  return layout.tensors.map(({ name, shape, size, inputChannels }, index) => {
    const entry = entries.get(index);
    const all = Array.from({ length: inputChannels }, (_, channel) => channel);
    const channels = entry ? (entry.channels ?? all) : [];
    const gains = importance?.gains?.find(({ tensor }) => tensor === index)?.gains;
    return {
      name,
      shape,
      parameters: size,
      trainedParameters: entry ? segmentsSize(planSegments(layout, { ...plan, entries: [entry] })) : 0,
      inputChannels,
      channels,
      expectedGain: gains && (entry ? gainAt(gains, channels.length, inputChannels) : 0),
    };
  });
}

/**
 * The gain of a number of channels, between the measured numbers of channels along straight lines. If fewer channels
 * gained more, that is noise: as everywhere in selection, more channels never count for less.
 */
function gainAt(gains: readonly number[], count: number, inputChannels: number): number {
  if (inputChannels === 0 || gains.length === 1) return Math.max(0, gains.at(-1) ?? 0);
  let below = { count: 0, gain: 0 };
  for (const [i, ratio] of channelRatios.entries()) {
    const above = { count: channelsAt(ratio, inputChannels), gain: Math.max(below.gain, gains[i] ?? 0) };
    if (count <= above.count) {
      const share = above.count === below.count ? 1 : (count - below.count) / (above.count - below.count);
      return below.gain + share * (above.gain - below.gain);
    }
    below = above;
  }
  return below.gain;
}
