import assert from 'node:assert/strict';
import { SeededRandom } from '../../../../gateway/platform';
import { Windower } from '../../../../gateway/stream';

type Values = (i: number) => number;

/** The notices about channels that stand still. */
function said(channels: Readonly<Record<string, Values>>, { readings = 3500, rateHz = 10 } = {}) {
  const texts: string[] = [];
  const windower = new Windower({
    input: {
      channels: Object.keys(channels).map((name) => ({ name, unit: '', centre: 0, spread: 1 })),
      rateHz,
      length: 10,
      hop: 10,
      normalisation: 'none',
    },
    labels: [],
    onNotice: ({ code, text, used }) => {
      if (code === 'channel-stuck') texts.push(`${text} ${used}`);
    },
  });
  for (let i = 0; i < readings; i++) windower.push(Object.values(channels).map((of) => of(i)));
  assert.equal(windower.counts.windows, readings / 10, 'its windows are used');
  return texts;
}

const random = new SeededRandom(5);
const noise: Values = () => random.normal();
const sensor = (z: Values) => ({ gyro_x: noise, gyro_y: noise, gyro_z: z });
const stops =
  (at: number, of: Values = noise): Values =>
  (i) =>
    i < at ? of(i) : 7;

const other = (axes: string, readings: number, name: string) =>
  `channel ${name} has not changed for ${readings} readings, while ${axes} changed: is its sensor stuck? It is used true`;
const alone = (readings: number, name = 'a') =>
  `channel ${name} has not changed for ${readings} readings, and changed all the time before: is its sensor stuck? It is used true`;
const fromStart = (readings: number, value: number) =>
  `channel ecg has been ${value} since its first reading, ${readings} times: is its sensor connected? It is used true`;

describe('a channel that does not change', () => {
  const cases: [what: string, texts: string[], wanted: string[]][] = [
    ['an axis is 0 from the start', said(sensor(() => 0)), [other('gyro_x, gyro_y', 512, 'gyro_z')]],
    ['an axis stops', said(sensor(stops(100))), [other('gyro_x, gyro_y', 512, 'gyro_z')]],
    [
      'the axes are written otherwise',
      said({ accX: () => 1, accY: noise, temp: () => 20 }),
      [other('accY', 512, 'accX')],
    ],
    ['30 s at least', said({ 'a.x': () => 1, 'a.y': noise }, { rateHz: 100 }), [other('a.y', 3000, 'a.x')]],
    ['a single channel that varied stops', said({ a: stops(1000) }), [alone(512)]],
    [
      'a channel of eighths that varied stops',
      said({ a: stops(1000, (i) => Math.round(noise(i))) }),
      [alone(512)],
    ],
    [
      'a single channel of a signal is the same from the start',
      said({ ecg: () => 2048 }, { readings: 6500, rateHz: 50 }),
      [fromStart(6000, 2048)],
    ],
    [
      'a single channel of a fast signal is 0 from the start',
      said({ ecg: () => 0 }, { readings: 12_500, rateHz: 100 }),
      [fromStart(12_000, 0)],
    ],
    ['it stops, and again', said({ a: (i) => (i % 2000 < 1000 ? noise(i) : 3) }), [alone(512)]],
  ];
  for (const [what, texts, wanted] of cases)
    it(`is named once: ${what}`, () => assert.deepEqual(texts, wanted));

  const silent: [what: string, channels: Readonly<Record<string, Values>>, rateHz?: number][] = [
    ['a door contact alone', { x: () => 0 }, 20],
    ['a door contact alone, of other values', { door_1: () => 2 }, 20],
    ['a slow thermometer alone', { x: () => 21.5 }, 20],
    ['a slow thermometer alone, of sixteenths', { x: () => 21.4375 }, 20],
    ['a signal that is read once a second', { x: () => 300 }, 1],
    [
      'a switch that is always off beside a sensor that varies',
      { door: () => 0, acc_x: noise, acc_y: noise },
    ],
    ['a switch that is on now and then', { door: (i) => Number(i % 1500 > 1400), a: noise }],
    ['a coarse thermometer', { temp: (i) => 20 + Math.floor(i / 700) / 2, a: noise }],
    ['steps of a person who walks, and sits down', { steps: (i) => (i < 900 && i % 60 > 10 ? i : 900) }],
    ['the speed of a car that is parked', { speed: (i) => (i < 900 ? Math.abs(noise(i)) : 0) }],
    ['all axes of a sensor that rests', { acc_x: () => 0, acc_y: () => 0, acc_z: () => 1 }],
    ['an axis that is the same for less than 512 readings', sensor((i) => Math.floor(i / 500))],
    ['channels that only end with the same letter', { flux: () => 1, max: noise }],
  ];
  for (const [what, channels, rateHz = 10] of silent)
    it(`is not named if it may be right: ${what}`, () => assert.deepEqual(said(channels, { rateHz }), []));
});
