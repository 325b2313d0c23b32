/** A channel, as far as augmentation asks. */
export interface Channel {
  readonly name: string;
  readonly unit: string;
  readonly centre: number;
  readonly spread: number;
  /** It says where another channel had values. */
  readonly presence?: object | undefined;
  /** It is 1 where a text is its category, else 0. */
  readonly category?: object | undefined;
}

/**
 * Kind of a channel, as far as augmentation asks: `motion` is an axis of an accelerometer, a gyroscope or a magnetometer,
 * `level` a quantity whose size is what counts (a pulse, a temperature, a pressure), `presence` says where
 * another channel had values or is a category (0 or 1), `wave` everything else.
 */
export type ChannelKind = 'motion' | 'level' | 'wave' | 'presence';

const motionUnits = /^(m?g|m\/s\^?2|m\/s²|rad\/s|deg\/s|°\/s|dps|[uµ]t|gauss)$/i;
const motionNames = /acc|gyr|mag|imu|motion/i;
const levelUnits =
  /^(bpm|1\/min|\/min|breaths\/min|rpm|%|°?c|deg ?c|degc|°?f|k|kelvin|mmhg|[hkm]?pa|m?bar|lux|lx|mg\/dl|mmol\/l|ms|s)$/i;
/** Words in a name, such as hr, skin_temp and temp_mean. */
const levelNames =
  /(?<![a-z])(hr|pulse?|heart.?rate|spo2|sao2|resp|rr|ibi|temp(erature?)?|humidity|pressure|sbp|dbp|map|eda|gsr|glucose)(?![a-z])/i;

/** The kind of a channel by its unit, or by its name if the unit says nothing. */
export function channelKind({ name, unit, presence, category }: Channel): ChannelKind {
  if (presence || category) return 'presence';
  if (motionUnits.test(unit.trim())) return 'motion';
  if (levelUnits.test(unit.trim()) || levelNames.test(name)) return 'level';
  return unit === '' && motionNames.test(name) && axisOf(name) ? 'motion' : 'wave';
}

/** The places of a sensor's axes x, y and z among the channels, and the device that it is part of. */
export interface MotionSensor {
  readonly device: string;
  readonly axes: readonly [number, number, number];
}

/** The sensors of motion of which all three axes are there: channels with one name and unit but for a last x, y or z. */
export function motionSensors(channels: readonly Channel[]): MotionSensor[] {
  const found = new Map<string, { device: string; axes: (number | undefined)[] }>();
  channels.forEach((channel, place) => {
    const axis = axisOf(channel.name);
    if (!axis || channelKind(channel) !== 'motion') return;
    const key = `${axis.sensor} ${channel.unit}`;
    const sensor = found.get(key) ?? { device: deviceOf(axis.sensor), axes: [] };
    sensor.axes['xyz'.indexOf(axis.axis)] ??= place;
    found.set(key, sensor);
  });
  return [...found.values()].flatMap(({ device, axes: [x, y, z] }) =>
    x === undefined || y === undefined || z === undefined ? [] : [{ device, axes: [x, y, z] as const }],
  );
}

/** The name of a sensor without its axis, and the axis. */
function axisOf(name: string): { sensor: string; axis: string } | undefined {
  const [, sensor = '', axis] = /^(.*?)[\s_.:\-[(]*([xyz])[\])]?$/i.exec(name) ?? [];
  return axis === undefined ? undefined : { sensor: sensor.toLowerCase(), axis: axis.toLowerCase() };
}

/** The name of a sensor without its kind: sensors of one device turn together. */
const deviceOf = (sensor: string): string =>
  sensor
    .replace(
      /(linear|total|body)?[\s_.-]*(accelero?(meter|ration)?|accel|acc|gyro(scope)?|gyr|magneto(meter)?|mag|[ag]$)/g,
      '',
    )
    .replace(/[\s_.-]+/g, '');
