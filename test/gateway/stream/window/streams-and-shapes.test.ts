import assert from 'node:assert/strict';
import {
  type ReadingContext,
  type StreamNotice,
  Windower,
  type WindowerOptions,
} from '../../../../gateway/stream';
import { refusal, smallTask } from '../tools';
import { oneChannel } from '../windower-tools';

const t0 = Date.UTC(2026, 2, 1);

function windowerOf(
  names: string[],
  options: Partial<WindowerOptions> & { rateHz?: number; length?: number } = {},
) {
  const { rateHz = 50, length = 4, ...more } = options;
  const channels = names.map((name) => ({ name }));
  const { input } = smallTask({ input: { channels, rateHz, length, hop: length } });
  return new Windower({ input, labels: [], ...more });
}

/** The rows of the windows that the messages give. */
function rowsOf(target: Windower, messages: readonly [unknown, ReadingContext?][]): number[] {
  const windows = messages.flatMap(([payload, context]) => [...target.push(payload, context)]);
  return windows.flatMap(({ window }) => [...window]);
}

describe('values', () => {
  const missing = [
    'unavailable',
    'Unknown',
    'NA',
    'N/A',
    'nan',
    '-nan',
    'NULL',
    'None',
    '-',
    '?',
    '',
    ' ',
    null,
    Number.NaN,
  ];
  for (const value of missing) {
    it(`that are ${JSON.stringify(value)} are missing`, () => {
      const target = oneChannel({ length: 3 });
      assert.deepEqual(rowsOf(target, [[[1]], [[value]], [[2]]]), [1, 1, 2]);
    });
  }

  const numbers: [unknown, number][] = [
    ['21.5', 21.5],
    [' -3 ', -3],
    ['1e3', 1000],
    ['+.5', 0.5],
    ['21,5', 21.5],
    ['0,125', 0.125],
    ['1.234,5', 1234.5],
    ['1,234.5', 1234.5],
    [21n, 21],
    [{ value: 21.5, unit: 'C' }, 21.5],
    [{ value: '7' }, 7],
  ];
  for (const [value, number] of numbers) {
    it(`that read as a number are that number: ${typeof value} ${number}`, () =>
      assert.deepEqual(rowsOf(oneChannel({ length: 1 }), [[{ a: value }]]), [number]));
  }

  for (const value of [true, '1,234', '0x1F', 'Infinity', Infinity, 1e39, -1e39, '1e39', {}, '21.5 C'])
    it(`that are ${JSON.stringify(value) ?? value} are refused`, () =>
      assert.throws(
        () => oneChannel().push({ a: value }),
        refusal('reading-invalid', 'channel a', 'number'),
      ));

  it('that the settings name as missing are missing', () => {
    const target = oneChannel({ length: 3, missing: ['-999', ' Offline '] });
    assert.deepEqual(rowsOf(target, [[[1]], [['-999']], [[-999.0]]]), [1, 1, 1]);
    assert.deepEqual(rowsOf(oneChannel({ length: 2, missing: ['offline'] }), [[[1]], [['OFFLINE']]]), [1, 1]);
  });

  it('hundreds of spreads from their centre are left out or clipped, and their channel is reported', () => {
    const { input } = smallTask({
      input: { channels: [{ name: 'a' }], normalisation: 'channel', length: 4, hop: 4 },
    });
    const notices: StreamNotice[] = [];
    const target = new Windower({ input, labels: [], onNotice: (notice) => notices.push(notice) });
    for (let i = 0; i < 40; i++) assert.deepEqual([...target.push(30_123 + i)], []);
    assert.deepEqual(
      notices.map(({ text }) => text),
      ['channel a arrives at 30000 (spread 1): set centre and spread'],
    );
    const spike = new Windower({ input, labels: [] });
    assert.deepEqual(rowsOf(spike, [[1], [-9999], [2], [3]]), [1, 1, 2, 3]);
    assert.equal(spike.counts.farValues, 1);
    const clipped = new Windower({ input, labels: [], farValues: 'clip' });
    assert.deepEqual(rowsOf(clipped, [[1], [-9999], [2], [3]]), [1, -200, 2, 3]);
  });
});

describe('labels', () => {
  const cases: [string[], unknown, string | undefined][] = [
    [['1', '2', '6'], 1, '1'],
    [['1', '2', '6'], 6, '6'],
    [['10', '20'], '20', '20'],
    [['1.0', '2.0'], 1, '1.0'],
    [['-1', '1'], -1, '-1'],
    [['false', 'true'], true, 'true'],
    [['False', 'True'], false, 'False'],
    [['0', '1'], true, '1'],
    [['still', 'moving'], 1, 'moving'],
    [['still', 'moving'], '0', 'still'],
    [['still', 'moving'], 2, undefined],
    [['1', '2'], 0, undefined],
    [['still', 'moving'], true, undefined],
    [['still', 'moving'], {}, undefined],
    [['still', 'moving'], ' Moving ', 'moving'],
    [['still', 'moving'], '\ufeffSTILL\u200b', 'still'],
    [['walking upstairs', 'b'], 'Walking__Upstairs', 'walking upstairs'],
    [['walking upstairs', 'b'], 'walking\u00a0 upstairs', 'walking upstairs'],
    [['gehen', 'dr\u00fcben'], 'DRU\u0308BEN', 'dr\u00fcben'],
    [['a', 'A'], 'A', 'A'],
    [['a', 'A', 'b'], 'B', 'b'],
    [['walk in', 'Walk_in'], 'WALK IN', undefined],
    [['still', 'moving'], 'move', undefined],
    [['-1', '1'], '- 1', undefined],
  ];
  for (const [labels, label, expected] of cases) {
    it(`are ${expected ?? 'refused'} for ${JSON.stringify(label)} if the labels are ${labels}`, () => {
      const target = oneChannel({ length: 1, labels });
      if (expected === undefined)
        assert.throws(() => target.push(1, { label }), refusal('label-unknown', labels[0]!));
      else assert.equal(target.push(1, { label })[0]!.labelName, expected);
    });
  }
});

describe('streams', () => {
  it('of several subjects, by text or number, are cut separately even if they take turns', () => {
    const target = oneChannel({ length: 2 });
    const turns = [
      [1, 33],
      [2, '34'],
      [3, 33],
      [4, 34],
    ] as const;
    assert.deepEqual(
      rowsOf(
        target,
        turns.map(([value, subject]) => [value, { subject }]),
      ),
      [1, 3, 2, 4],
    );
    for (const subject of [{}, [], true, Number.NaN])
      assert.throws(() => target.push(1, { subject }), refusal('reading-invalid', 'subject'));
  });

  it('of several devices by topic are cut separately, which is reported', () => {
    const notices: string[] = [];
    const target = windowerOf(['x', 'y'], { length: 2, onNotice: ({ text }) => notices.push(text) });
    const messages = [1, 2].flatMap((i) =>
      ['room1', 'room2'].flatMap((room, r) =>
        ['x', 'y'].map((name) => [10 * r + i, { topic: `${room}/${name}` }] as [unknown, ReadingContext]),
      ),
    );
    assert.deepEqual(rowsOf(target, messages), [1, 1, 2, 2, 11, 11, 12, 12]);
    assert.match(notices.join(), /several devices.*room1, room2/);
  });

  it('of numbers by topic are rows by their times, even if one is late or lost', () => {
    const late: [unknown, ReadingContext][] = [[0, { topic: 'x', time: t0 }]];
    for (let i = 1; i < 9; i++) {
      late.push([i, { topic: 'x', time: t0 + 20 * i }], [i - 1, { topic: 'y', time: t0 + 20 * (i - 1) }]);
    }
    assert.deepEqual(rowsOf(windowerOf(['x', 'y']), late).slice(0, 8), [0, 0, 1, 1, 2, 2, 3, 3]);
    const lost = [0, 1, 2, 3, 4, 5].flatMap((i) =>
      ['x', 'y']
        .filter((name) => i !== 2 || name === 'y')
        .map((topic) => [i, { topic, time: t0 + 20 * i }] as [unknown, ReadingContext]),
    );
    assert.deepEqual(rowsOf(windowerOf(['x', 'y']), lost), [0, 0, 1, 1, 1, 2, 3, 3]);
  });

  it('with a slow channel hold its value for its own period', () => {
    const target = windowerOf(['acc', 'temp'], { length: 100 });
    let windows = 0;
    for (let i = 0; i < 3000; i++) {
      const time = t0 + 20 * i;
      if (i % 50 === 0) windows += target.push(20 + i, { topic: 'home/temp', time }).length;
      windows += target.push(i, { topic: 'home/acc', time }).length;
    }
    assert.equal(windows, 30);
  });

  it('without one channel are reported with the channels that come', () => {
    const notices: string[] = [];
    const target = windowerOf(['acc_x', 'acc_z'], { onNotice: ({ text }) => notices.push(text) });
    for (let i = 0; i < 50; i++) target.push({ acc_x: 1, accZ: 3 });
    assert.deepEqual(notices, ['acc_z has not come; the reading has acc_x, accZ']);
    assert.equal(target.counts.refused.missing, 49);
  });

  it('that report on change make one row per period, as long as values are held', () => {
    const texts: string[] = [];
    const target = windowerOf(['a', 'b'], {
      rateHz: 1,
      length: 3,
      holdMs: 60_000,
      onRestart: ({ text }) => texts.push(text),
    });
    const rows = rowsOf(target, [
      [{ a: 1, b: 5 }, { time: t0 }],
      [{ a: 2 }, { time: t0 + 3500 }],
      [{ b: 6 }, { time: t0 + 5500 }],
    ]);
    assert.deepEqual(rows, [1, 5, 1, 5, 1, 5, 1, 5, 2, 5, 2, 5]);
    target.push({ a: 3, b: 3 }, { time: t0 + 3_600_000 });
    assert.match(texts.join(), /nothing came for 60 min, values are held for 60 s/);
  });
});

describe('payloads', () => {
  const xy = [1, -1, 2, -2, 3, -3, 4, -4];
  const dataValue = (value: number, nodeId: string) => ({
    nodeId,
    value: { dataType: 'Double', value },
    statusCode: { value: 0 },
    sourceTimestamp: '2026-03-01T00:00:00Z',
  });
  const each = (make: (v: number, i: number) => unknown) =>
    [1, 2, 3, 4].map((v, i) => [make(v, i)] as [unknown]);
  const shapes: [string, [unknown, ReadingContext?][]][] = [
    [
      'arrays of arrays',
      [
        [
          [
            [1, -1],
            [2, -2],
            [3, -3],
            [4, -4],
          ],
        ],
      ],
    ],
    ['objects of arrays', [[{ x: [1, 2, 3, 4], y: Float32Array.of(-1, -2, -3, -4) }]]],
    [
      'one array for each channel',
      [
        [
          [
            [1, 2, 3, 4],
            [-1, -2, -3, -4],
          ],
        ],
      ],
    ],
    [
      'SenML',
      each((v, i) => [
        { bn: 'urn:dev:1:', bt: t0 / 1000 + 0.02 * i, n: 'x', v },
        { n: 'y', v: -v },
      ]),
    ],
    [
      'Sparkplug B',
      each((v, i) => ({
        timestamp: t0 + 20 * i,
        metrics: [
          { name: 'Inputs/x', value: v },
          { name: 'y', floatValue: -v },
        ],
      })),
    ],
    [
      'The Things Network',
      each((v, i) => ({
        end_device_ids: { device_id: 'n' },
        received_at: new Date(t0 + 20 * i).toISOString(),
        uplink_message: { decoded_payload: { x: v, y: -v } },
      })),
    ],
    ['ChirpStack', each((v) => ({ deviceInfo: { devEui: '1' }, object: { x: v, y: -v } }))],
    ['Zigbee2MQTT', each((v, i) => ({ x: v, y: -v, linkquality: 90, last_seen: t0 + 20 * i }))],
    ['OPC UA', each((v) => [dataValue(v, 'ns=2;s=Pump.x'), dataValue(-v, 'ns=2;s=Pump.y')])],
    [
      'numbers by node id',
      [1, 2, 3, 4].flatMap(
        (v) =>
          [
            [v, { topic: 'ns=2;s=x' }],
            [-v, { topic: 'ns=2;s=y' }],
          ] as [unknown, ReadingContext][],
      ),
    ],
    [
      'numbers by a level of the topic, as text',
      [1, 2, 3, 4].flatMap(
        (v) =>
          [
            [`${v}`, { topic: 'home/x/state' }],
            [`${-v}`, { topic: 'home/y/state' }],
          ] as [unknown, ReadingContext][],
      ),
    ],
  ];
  for (const [name, messages] of shapes)
    it(`of ${name} are read`, () => assert.deepEqual(rowsOf(windowerOf(['x', 'y']), messages), xy));

  it('of one channel are batches, typed or not', () => {
    for (const payload of [[1, 2, 3], Int16Array.of(1, 2, 3), { a: [1, 2, 3] }, [[1, 2, 3]], [[1], [2], [3]]])
      assert.deepEqual(rowsOf(oneChannel({ length: 3 }), [[payload]]), [1, 2, 3]);
  });

  it('with missing elements are filled, and an empty one gives nothing', () => {
    assert.deepEqual(
      rowsOf(windowerOf(['x', 'y'], { length: 3 }), [[[null, [1, 2], null, { x: 3, y: 4 }]]]),
      [1, 2, 1, 2, 3, 4],
    );
    assert.deepEqual([...windowerOf(['x', 'y']).push([])], []);
  });

  const wrong: [string, unknown, string][] = [
    ['a Buffer', Buffer.from([1, 2]), 'decode them first'],
    ['a Buffer as JSON', { type: 'Buffer', data: [1, 2] }, 'decode them first'],
    ['JSON as text', '{"x":1}', 'put a json node before'],
    ['a row of CSV', '1.5, -2', 'put a csv node before'],
    ['x y x y', [1, 2, 3, 4], 'an array of arrays'],
    ['arrays of two lengths', { x: [1, 2], y: [1] }, 'the same number of each'],
    ['an uplink without a decoder', { uplink_message: { frm_payload: 'AQ==' } }, 'payload formatter'],
    ['metrics of others', { metrics: [{ name: 'z', value: 1 }] }, 'has z; expected x, y'],
  ];
  for (const [name, payload, what] of wrong)
    it(`of ${name} are refused with advice`, () =>
      assert.throws(() => windowerOf(['x', 'y']).push(payload), refusal('reading-invalid', what)));

  it('of an hour are cut in short steps', () => {
    const payload = Array.from({ length: 180_000 }, (_, i) => ({ x: i, y: -i }));
    const target = windowerOf(['x', 'y'], { length: 128 });
    let [windows, steps] = [0, 0];
    for (const more of target.cut(payload, { time: t0 })) {
      windows += more.length;
      steps++;
      assert.ok(more.length <= 3);
    }
    assert.equal(windows, Math.floor(180_000 / 128));
    assert.ok(steps >= 180_000 / 32);
  });

  const many = 20_000;
  const formats: [string, unknown][] = [
    ['SenML', Array.from({ length: many }, (_, i) => ({ n: 'a', v: i, t: t0 / 1000 + i * 0.02 }))],
    [
      'Sparkplug B',
      { metrics: Array.from({ length: many }, (_, i) => ({ name: 'a', value: i, timestamp: t0 + i * 20 })) },
    ],
    [
      'OPC UA',
      Array.from({ length: many }, (_, i) => ({
        value: { value: i },
        sourceTimestamp: new Date(t0 + i * 20).toISOString(),
      })),
    ],
  ];
  for (const [name, payload] of formats)
    it(`of many values in ${name} are decoded in short steps`, () => {
      const steps = oneChannel({ length: 128 }).cut(payload);
      let pauses = 0;
      while (steps.next().value?.length === 0) pauses++;
      assert.ok(pauses >= many / 32 - 1, `${pauses} pauses before the first window`);
    });

  it('of SenML are put in the order of time, whatever the order of its records is', () => {
    const record = (n: string, i: number) => ({ n, v: n === 'x' ? i : -i, t: t0 / 1000 + i * 0.02 });
    const at = Array.from({ length: 400 }, (_, i) => i);
    const packs = [
      [...at.map((i) => record('x', i)), ...at.map((i) => record('y', i))],
      at.toReversed().flatMap((i) => [record('x', i), record('y', i)]),
      at.map((i) => (i * 7) % 400).flatMap((i) => [record('y', i), record('x', i)]),
    ];
    for (const pack of packs)
      assert.deepEqual(
        rowsOf(windowerOf(['x', 'y'], { length: 400 }), [[pack]]),
        at.flatMap((i) => [i, i === 0 ? 0 : -i]),
      );
  });
});
