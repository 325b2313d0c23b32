import type { ChannelFigures } from '../sources/stream-measure';

/** Units by what a name ends with, after a separator. */
const suffixes: readonly (readonly [RegExp, string])[] = [
  [/_(deg_?c|celsius|c)$/, 'degC'],
  [/_(deg_?f|fahrenheit|f)$/, 'degF'],
  [/_(mv|millivolts?)$/, 'mV'],
  [/_(bpm)$/, 'bpm'],
  [/_(pct|percent|perc)$/, '%'],
  [/_(hpa|mbar)$/, 'hPa'],
  [/_(kpa)$/, 'kPa'],
  [/_(pa)$/, 'Pa'],
  [/_(m_?s2|mps2|ms-2)$/, 'm/s2'],
  [/_(mg)$/, 'mg'],
  [/_(g)$/, 'g'],
  [/_(rad_?s|rads)$/, 'rad/s'],
  [/_(dps|deg_?s)$/, 'deg/s'],
  [/_(rpm)$/, 'rpm'],
  [/_(ppm)$/, 'ppm'],
  [/_(lux|lx)$/, 'lx'],
  [/_(mm)$/, 'mm'],
  [/_(kw)$/, 'kW'],
  [/_(hz)$/, 'Hz'],
];

/** Units by the quantity that a name means. */
const quantities: readonly (readonly [RegExp, string])[] = [
  [/^(temp|temperature|tmp)(_|$)|_(temp|temperature)$/, 'degC'],
  [/humid|^rh$/, '%'],
  [/^(pressure|baro|barometer)/, 'hPa'],
  [/^(hr|heart_?rate|pulse)(_|$)/, 'bpm'],
  [/^(resp|rr|respiration|breath)/, 'breaths/min'],
  [/spo2|sao2/, '%'],
  [/^(ecg|ekg)/, 'mV'],
  [/^(eda|gsr)/, 'uS'],
  [/^emg/, 'mV'],
  [/^(volt|voltage|u)$/, 'V'],
  [/^(current|amps?)$/, 'A'],
  [/^(power|watts?)$/, 'W'],
  [/^co2/, 'ppm'],
  [/^(illuminance|lux|light)/, 'lx'],
  [/^(mag|magn)_?[xyz]$/, 'uT'],
];

/** Accelerations above this are no multiples of gravity. */
const mostG = 6;
/** Turning above this is in degrees. */
const mostRadians = 20;

/** The unit that the name of a channel, and the size of its values, suggest; empty if they suggest none. */
export function unitOf({ name, least, most }: Pick<ChannelFigures, 'name' | 'least' | 'most'>): string {
  const plain = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s.\-/]+/g, '_')
    .toLowerCase();
  const written = suffixes.find(([pattern]) => pattern.test(plain));
  if (written) return written[1];
  const size = Math.max(Math.abs(least), Math.abs(most));
  if (/^(acc|accel|acceleration|acc_?mag)_?[xyz]?(_|$)|^a[xyz]$/.test(plain))
    return size > mostG ? 'm/s2' : 'g';
  if (/^(gyr|gyro|gyroscope)_?[xyz]?(_|$)|^g[xyz]$/.test(plain))
    return size > mostRadians ? 'deg/s' : 'rad/s';
  return quantities.find(([pattern]) => pattern.test(plain))?.[1] ?? '';
}
