import { FtteError } from '../../platform';
import type { Augmentation, AugmentationName } from './augmentation-schema';
import { type Channel, channelKind, motionSensors } from './channel-kinds';

/** The part of a task that augmentation depends on. */
export interface AugmentedTask {
  readonly kind: 'classification' | 'forecast' | 'anomaly';
  readonly input: {
    readonly channels: readonly Channel[];
    readonly length: number;
    readonly normalisation: 'channel' | 'window' | 'person' | 'none';
  };
  readonly model: { readonly layers: readonly { readonly type: string }[] } | { readonly preset: string };
  readonly training: { readonly augmentation: Augmentation };
}

/**
 * Changes that a gateway makes to the windows that it trains on. Lists have one number for each channel, 0 if the channel stays as
 * it is. Each number is the most that may be drawn, either way, all draws equally likely.
 */
export interface AugmentationPlan {
  /** Noise on each reading, in the units of the model's input. */
  readonly jitter: readonly number[];
  /** Factor on what a sensor measured: 0.1 is 0.9 to 1.1. */
  readonly scale: readonly number[];
  /** First channel of the sensor of each channel: its axes get the same factor. */
  readonly sensor: readonly number[];
  /** The sensor's zero lies this far below the input's: centre over spread. */
  readonly origin: readonly number[];
  /** Units of the sensor in one unit of the input. */
  readonly spread: readonly number[];
  /** Tangent of half the largest angle around an axis; 0: axes stay. */
  readonly rotation: number;
  /** The places of axes x, y and z, sensor by sensor, device by device: a device turns as a whole. */
  readonly devices: readonly (readonly (readonly [number, number, number])[])[];
  /** Share by which time runs faster or slower. */
  readonly warp: number;
  /** Share of the window by which it lies earlier or later. */
  readonly shift: number;
}

/** Strengths if the task gives none: usual ones of the field, not tuned (docs/learning.md says what they gain together). */
const usualStrength: Record<AugmentationName, number> = {
  jitter: 0.1,
  scale: 0.1,
  rotation: 15,
  warp: 0.1,
  shift: 0.1,
};
const largestStrength: Record<AugmentationName, number> = {
  jitter: 10,
  scale: 0.9,
  rotation: 180,
  warp: 0.9,
  shift: 0.5,
};
/** Windows of fewer readings have no course to stretch or move. */
const shortestCourse = 16;

interface Settled {
  readonly kind: AugmentationName;
  readonly strength: number;
  /** Channels that are changed. */
  readonly places: readonly number[];
}

/**
 * The augmentation of a task; undefined for none.
 * @throws FtteError `task-invalid` naming an augmentation, and the channels for which it makes no sense
 */
export function resolveAugmentation(task: AugmentedTask): AugmentationPlan | undefined {
  const chosen = chosenAugmentations(task);
  return chosen.length === 0 ? undefined : planOf(task, chosen);
}

/** Changes to the windows of a task, in words: "jitter 0.1, rotation 15". "none" if they stay as they are. */
export function describeAugmentation(task: AugmentedTask): string {
  const chosen = chosenAugmentations(task);
  return chosen.length === 0 ? 'none' : chosen.map(({ kind, strength }) => `${kind} ${strength}`).join(', ');
}

function chosenAugmentations(task: AugmentedTask): Settled[] {
  const { augmentation } = task.training;
  const entries = typeof augmentation === 'string' ? [augmentation] : augmentation;
  if (entries.length === 1 && entries[0] === 'none') return [];
  if (entries.length === 1 && entries[0] === 'auto')
    return automatic(task).map((kind) => settle(task, kind, ''));
  const chosen = entries.map((entry, i) => settle(task, entry, `training.augmentation.${i}`));
  chosen.forEach(({ kind }, i) => {
    if (chosen.findIndex((other) => other.kind === kind) < i)
      throw wrong(`training.augmentation.${i}`, `"${kind}" is there twice`);
  });
  return chosen;
}

/**
 * The choice of `auto`. Motion: everything, which gained points on people kept aside. Other signals and other kinds of
 * tasks: nothing, because the place of a heartbeat in its window, or the level of a pulse, is what distinguishes labels.
 */
function automatic(task: AugmentedTask): AugmentationName[] {
  const { kind, input } = task;
  if (kind !== 'classification' || isPicture(task) || input.length < shortestCourse) return [];
  const kinds = input.channels.map(channelKind).filter((each) => each !== 'presence');
  if (!kinds.every((each) => each === 'motion')) return [];
  const turns = input.normalisation !== 'window' && motionSensors(input.channels).length > 0;
  return ['jitter', 'scale', ...(turns ? (['rotation'] as const) : []), 'warp', 'shift'];
}

/** Rows of a picture are no course of time. */
const isPicture = ({ model }: AugmentedTask): boolean =>
  'layers' in model
    ? model.layers.some(({ type }) => type === 'reshape' || type.endsWith('2d'))
    : model.preset === 'mobilenet-tiny';

function settle(task: AugmentedTask, entry: string, field: string): Settled {
  const [name, text] = entry.split(' ');
  if (name === 'auto' || name === 'none')
    throw wrong(field, `"${name}" stands alone, expected no others beside it`);
  const kind = name as AugmentationName;
  if (task.kind !== 'classification') {
    const text = `"${kind}" is for classifications, because a ${task.kind} is compared with readings themselves`;
    throw wrong(field, text);
  }
  const strength = text === undefined ? usualStrength[kind] : Number(text);
  const most = largestStrength[kind];
  if (!(strength > 0 && strength <= most))
    throw wrong(field, `expected a strength above 0 and at most ${most} for "${kind}", got ${strength}`);
  return { kind, strength, places: suitable(task, kind, field) };
}

/** The channels that an augmentation changes. */
function suitable(task: AugmentedTask, kind: AugmentationName, field: string): readonly number[] {
  const { channels, length, normalisation } = task.input;
  const all = channels.map((_, place) => place);
  if (kind === 'jitter') {
    const measured = all.filter((place) => channelKind(channels[place]!) !== 'presence');
    if (measured.length > 0) return measured;
    throw wrong(field, '"jitter" makes no sense for categories: expected a channel that is measured');
  }
  if (kind === 'warp' || kind === 'shift') {
    if (isPicture(task)) throw wrong(field, `"${kind}" is for courses of time, the model takes a picture`);
    if (length >= shortestCourse) return all;
    throw wrong(
      field,
      `"${kind}" needs windows of ${shortestCourse} readings or more, the task has ${length}`,
    );
  }
  if (kind === 'rotation' && normalisation === 'window')
    throw wrong(field, '"rotation" needs the level of the axes, which normalisation "window" takes away');
  const found =
    kind === 'rotation'
      ? motionSensors(channels).flatMap(({ axes }) => axes)
      : all.filter((place) => !['level', 'presence'].includes(channelKind(channels[place]!)));
  if (found.length > 0) return found;
  const named = channels.map(({ name, unit }) => (unit ? `"${name}" (${unit})` : `"${name}"`)).join(', ');
  const expected =
    kind === 'rotation'
      ? 'axes x, y and z of an accelerometer or a gyroscope, with their unit'
      : 'a signal whose level is not what it measures';
  throw wrong(field, `"${kind}" makes no sense for ${named}: expected ${expected}`);
}

function planOf({ input }: AugmentedTask, chosen: readonly Settled[]): AugmentationPlan {
  const { channels, normalisation } = input;
  const of = (kind: AugmentationName) => chosen.find((each) => each.kind === kind);
  const byChannel = (kind: AugmentationName) => {
    const { strength = 0, places = [] } = of(kind) ?? {};
    return channels.map((_, place) => (places.includes(place) ? strength : 0));
  };
  const scaled = normalisation === 'channel' || normalisation === 'person';
  const sensors = motionSensors(channels);
  const turned = of('rotation');
  const devices = new Map<string, (readonly [number, number, number])[]>();
  for (const { device, axes } of sensors) {
    if (turned?.places.includes(axes[0])) devices.set(device, [...(devices.get(device) ?? []), axes]);
  }
  const scale = byChannel('scale');
  const axesOf = (place: number) => sensors.find(({ axes }) => axes.includes(place))?.axes ?? [];
  return {
    jitter: byChannel('jitter'),
    scale,
    sensor: channels.map((_, place) => Math.min(place, ...axesOf(place).filter((axis) => scale[axis]! > 0))),
    origin: channels.map(({ centre, spread }) => (scaled ? centre / spread : 0)),
    spread: channels.map(({ spread }) => (scaled ? spread : 1)),
    rotation: turned ? Math.tan((turned.strength * Math.PI) / 360) : 0,
    devices: [...devices.values()],
    warp: of('warp')?.strength ?? 0,
    shift: of('shift')?.strength ?? 0,
  };
}

const wrong = (field: string, text: string) => new FtteError('task-invalid', `${field}: ${text}`, { field });
