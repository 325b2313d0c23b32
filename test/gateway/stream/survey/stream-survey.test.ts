import assert from 'node:assert/strict';
import { proposeTask, StreamSurvey, type SurveyedMessage } from '../../../../gateway/stream';

type Made = Omit<SurveyedMessage, 'receivedMs'>;

/** A survey of messages that came so many milliseconds after each other. */
function surveyOf(count: number, stepMs: number, message: (index: number) => Made) {
  const survey = new StreamSurvey();
  for (let i = 0; i < count; i++) survey.take({ ...message(i), receivedMs: 1_000_000 + i * stepMs });
  return survey.result;
}

const wave = (i: number) => Math.sin(i / 3);

describe('a survey of a stream', () => {
  const shapes: [title: string, message: (i: number) => Made, names: string[]][] = [
    [
      'objects',
      (i) => ({ payload: { ax: wave(i), ay: i, az: 1, note: 'x', timestamp: 1.7e12 + 20 * i } }),
      ['ax', 'ay', 'az'],
    ],
    [
      'texts of numbers, as a table has them',
      (i) => ({ payload: { ax: String(wave(i)), ay: '2' } }),
      ['ax', 'ay'],
    ],
    ['arrays', (i) => ({ payload: [wave(i), i, 1] }), ['channel_1', 'channel_2', 'channel_3']],
    [
      'numbers by topic',
      (i) => ({ payload: wave(i), topic: `home/watch/${i % 2 ? 'hr' : 'temp'}` }),
      ['temp', 'hr'],
    ],
    [
      'batches of objects',
      (i) => ({ payload: [0, 1, 2].map((j) => ({ x: wave(3 * i + j), y: 1 })) }),
      ['x', 'y'],
    ],
    ['an array for each channel', (i) => ({ payload: { x: [wave(i), 1, 2], y: [1, 2, 3] } }), ['x', 'y']],
    [
      'SenML',
      (i) => ({
        payload: [
          { bn: 'dev:', n: 'temp', v: wave(i) },
          { n: 'hum', v: 40 },
        ],
      }),
      ['temp', 'hum'],
    ],
    [
      'Sparkplug B',
      (i) => ({ payload: { timestamp: 1, metrics: [{ name: 'motor/rpm', value: i }] } }),
      ['rpm'],
    ],
    [
      'Zigbee2MQTT',
      (i) => ({ payload: { temperature: wave(i), linkquality: 80 }, topic: 'zigbee2mqtt/room' }),
      ['temperature'],
    ],
    [
      'OPC UA',
      (i) => ({ payload: { nodeId: 'ns=1;s=speed', value: i, sourceTimestamp: 1.7e12 + i } }),
      ['speed'],
    ],
    [
      'The Things Network',
      (i) => ({
        payload: { end_device_ids: { device_id: 'a' }, uplink_message: { decoded_payload: { co2: i } } },
      }),
      ['co2'],
    ],
  ];
  for (const [title, message, names] of shapes)
    it(`finds the channels of ${title}`, () => {
      const { figures, unread } = surveyOf(20, 20, message);
      assert.deepEqual(
        figures.channels.map(({ name }) => name),
        names,
      );
      assert.deepEqual(unread, {});
      assert.ok(figures.channels.every(({ values }) => values >= 10));
    });

  const rates: [title: string, stepMs: number, message: (i: number) => Made, hz: number][] = [
    ['by arrival', 20, () => ({ payload: { x: 1 } }), 50],
    ['by times, whatever the arrival', 7, (i) => ({ payload: { x: 1, ts: 1.7e12 + 40 * i } }), 25],
    ['by times in seconds', 20, (i) => ({ payload: { x: 1 }, time: 1.7e9 + i / 50 }), 50],
    ['by a counter of milliseconds', 20, (i) => ({ payload: { x: 1 }, time: 20 * i }), 50],
    ['by a counter of seconds', 20, (i) => ({ payload: { x: 1 }, time: i / 50 }), 50],
    ['of batches', 500, () => ({ payload: Array.from({ length: 25 }, () => ({ x: 1 })) }), 50],
    ['of one of several people', 10, (i) => ({ payload: { x: 1 }, subject: i % 2 ? 'ann' : 'bob' }), 50],
    ['of numbers by topic', 10, (i) => ({ payload: 1, topic: i % 2 ? 'a/x' : 'a/y' }), 50],
  ];
  for (const [title, stepMs, message, hz] of rates)
    it(`measures the rate ${title}`, () => {
      const { figures } = surveyOf(101, stepMs, message);
      assert.ok(Math.abs(figures.rateHz! / hz - 1) < 0.01, String(figures.rateHz));
    });

  it('measures centre, spread, missing values and labels, and keeps no reading', () => {
    const survey = surveyOf(400, 20, (i) => ({
      payload: { x: 10 + 2 * (i % 2 ? 1 : -1), ...(i % 4 !== 0 && { y: i % 8 === 1 ? null : 5 }) },
      label: i < 300 ? 'rest' : 'run',
    }));
    const [x, y] = survey.figures.channels;
    assert.equal(x!.centre, 10);
    assert.equal(x!.spread, 2);
    assert.equal(x!.missing, 0);
    assert.equal(y!.missing, 150);
    assert.deepEqual(survey.figures.labels, { rest: 300, run: 100 });
    assert.equal(survey.labelled, 400);
  });

  const unusable: [title: string, payload: unknown, kind: string][] = [
    ['text', 'hello', 'text'],
    ['JSON as text', '{"x": 1}', 'json'],
    ['bytes', Buffer.from([1, 2]), 'bytes'],
    ['an object of words', { state: 'on' }, 'no-numbers'],
    ['nothing', null, 'no-numbers'],
    ['an empty array', [], 'no-numbers'],
    ['rows of different lengths', [[1, 2], [1]], 'no-numbers'],
  ];
  for (const [title, payload, kind] of unusable)
    it(`counts ${title} and finds no channel in it`, () => {
      const { unread, figures, messages } = surveyOf(3, 10, () => ({ payload }));
      assert.deepEqual({ unread, messages }, { unread: { [kind]: 3 }, messages: 3 });
      assert.deepEqual(figures.channels, []);
    });

  it('names objects inside the payload, whose numbers it does not read', () => {
    const { nested, figures } = surveyOf(3, 10, () => ({ payload: { acc: { x: 1, y: 2 } } }));
    assert.deepEqual(nested, ['acc']);
    assert.equal(proposeTask(figures), undefined);
  });

  it('is full after a bounded number of messages, numbers, channels and labels', () => {
    const flood = new StreamSurvey();
    let taken = 0;
    for (; !flood.isFull && taken < 1_000_000; taken++)
      flood.take({ payload: { [`c${taken % 1000}`]: taken, x: 1 }, label: `l${taken}`, receivedMs: taken });
    assert.ok(taken <= 20_000, String(taken));
    const { figures, isCut } = flood.result;
    assert.ok(isCut);
    assert.ok(figures.channels.length <= 128 && Object.keys(figures.labels).length <= 256);
    const large = new StreamSurvey();
    const started = process.hrtime.bigint();
    large.take({ payload: Array.from({ length: 100_000 }, (_, i) => [i, 1, 2]), receivedMs: 0 });
    large.take({ payload: new Float32Array(400_000), receivedMs: 1 });
    assert.ok(large.result.figures.readings <= 5000, String(large.result.figures.readings));
    assert.ok(Number(process.hrtime.bigint() - started) < 2e9);
  });
});

describe('the task that a stream suggests', () => {
  const stream = (message: (i: number) => Made, stepMs = 20) =>
    proposeTask(surveyOf(500, stepMs, message).figures)!;

  it('is a classification with the labels that came, with units by name', () => {
    const task = stream((i) => ({
      payload: { acc_x: wave(i), temperature: 36 + wave(i), 'skin gsr': 1 },
      label: ['sit', 'walk'][i % 2],
    }));
    assert.equal(task.kind, 'classification');
    assert.deepEqual(task.labels, ['sit', 'walk']);
    assert.deepEqual(
      task.input.channels.map(({ name, unit }) => [name, unit]),
      [
        ['acc_x', 'g'],
        ['temperature', 'degC'],
        ['skin gsr', ''],
      ],
    );
    assert.deepEqual(
      { ...task.input, channels: 0 },
      { channels: 0, rateHz: 50, length: 128, hop: 64, normalisation: 'channel' },
    );
    assert.deepEqual(task.model, { preset: 'features', size: 'S' });
  });

  it('is one of unusual windows if fewer than two labels came', () => {
    const task = stream((i) => ({ payload: { ecg: wave(i) }, label: 'rest' }));
    assert.equal(task.kind, 'anomaly');
    assert.deepEqual(task.labels, []);
    assert.deepEqual(task.model, { preset: 'autoencoder1d', size: 'S' });
  });

  const windows: [stepMs: number, rateHz: number, length: number][] = [
    [1000, 1, 32],
    [100, 10, 32],
    [20, 50, 128],
    [10, 100, 256],
    [1, 1000, 512],
    [19.4, 52, 128],
    [1000 / 34.3, 34.3, 64],
  ];
  for (const [stepMs, rateHz, length] of windows)
    it(`has windows of ${length} readings at ${rateHz} per second`, () => {
      const { input } = stream(() => ({ payload: { x: 1 } }), stepMs);
      assert.deepEqual([input.rateHz, input.length, input.hop], [rateHz, length, length / 2]);
    });

  it('leaves out what is about the message, and scales a channel that stands still by one', () => {
    const { input } = stream((i) => ({ payload: { x: 3, battery: 90, seq: i, rssi: -60 } }));
    assert.deepEqual(input.channels, [{ name: 'x', unit: '', centre: 3, spread: 1 }]);
  });

  const units: [name: string, value: number, unit: string][] = [
    ['accX', 0.5, 'g'],
    ['accX', 9.8, 'm/s2'],
    ['gyro_y', 1, 'rad/s'],
    ['gyro_y', 90, 'deg/s'],
    ['heart_rate', 70, 'bpm'],
    ['ECG', 1, 'mV'],
    ['room_temp', 20, 'degC'],
    ['humidity', 40, '%'],
    ['flow_lpm', 4, ''],
  ];
  for (const [name, value, unit] of units)
    it(`gives ${name} with values of ${value} the unit "${unit}"`, () => {
      assert.equal(
        stream((i) => ({ payload: { [name]: i % 2 ? value : -value } })).input.channels[0]!.unit,
        unit,
      );
    });
});
