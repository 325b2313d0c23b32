import assert from 'node:assert/strict';
import type { Reading, ReadingSource } from '../../../gateway/stream';
import { parseTask } from '../../../gateway/task';
import { packBatches, packReadings, packWindows } from '../../../nodes/ftte-replay/messages';

const source: ReadingSource = {
  channels: ['y', 'x'],
  rateHz: 10,
  labels: ['walk', 'jump'],
  subjects: ['anna'],
  length: 4,
  readings: () => [],
};
const batch: Reading[] = [0, 1, 2, 3].map((i) => ({
  values: [i, 10 * i],
  label: 'walk',
  timeMs: 1000 + i * 100,
  subject: 'anna',
}));

const task = parseTask({
  name: 'test',
  input: { channels: [{ name: 'x', spread: 10 }, { name: 'y' }], rateHz: 10, length: 2, hop: 2 },
  labels: ['walk', 'sit'],
  model: { preset: 'mlp' },
});

const notes: string[] = [];
const note = (text: string) => void notes.push(text);

describe('what a replay sends', () => {
  beforeEach(() => {
    notes.length = 0;
  });

  it('is one message per reading, with the channels by name', () => {
    const messages = packReadings(source).pack(batch);
    assert.equal(messages.length, 4);
    assert.deepEqual(messages[1], {
      payload: { y: 1, x: 10 },
      label: 'walk',
      timestamp: 1100,
      topic: 'anna',
      subject: 'anna',
    });
  });

  it('has null for a missing value, for which no other message comes', () => {
    const [message] = packReadings(source).pack([{ values: [1, Number.NaN] }]);
    assert.deepEqual(message, { payload: { y: 1, x: null } });
  });

  it('leaves out a channel that another reading brings', () => {
    const sparse = { ...source, isSparse: true };
    const reading = { values: [1, Number.NaN], timeMs: 5 };
    assert.deepEqual(packReadings(sparse).pack([reading]), [{ payload: { y: 1 }, timestamp: 5 }]);
    assert.deepEqual(packBatches(sparse).pack([reading]), [{ payload: [{ y: 1, time: 5 }], timestamp: 5 }]);
  });

  it('is windows of channels that come in readings of their own', () => {
    const packing = packWindows({ ...source, isSparse: true }, task, note);
    const values = batch.flatMap(({ values: [y = 0, x = 0], ...whose }) => [
      { ...whose, values: [y, Number.NaN] },
      { ...whose, values: [Number.NaN, x] },
    ]);
    const sent = [...packing.pack(values), ...packing.end()];
    assert.deepEqual(
      sent.map(({ payload }) => payload),
      [Float32Array.of(0, 0, 1, 1), Float32Array.of(2, 2, 3, 3)],
    );
  });

  it('is one message for all readings that go together, each with its time', () => {
    const messages = packBatches(source).pack(batch);
    assert.equal(messages.length, 1);
    assert.deepEqual((messages as { payload: unknown[] }[])[0]?.payload[2], { y: 2, x: 20, time: 1200 });
  });

  it('is windows in the order and scale of the task', () => {
    const messages = packWindows(source, task, note).pack(batch);
    assert.equal(messages.length, 2);
    assert.deepEqual(messages[1]?.payload, Float32Array.of(2, 2, 3, 3));
    const { label, shape, timestamp } = messages[1] as unknown as Record<string, unknown>;
    assert.deepEqual({ label, shape, timestamp }, { label: 'walk', shape: [2, 2], timestamp: 1300 });
  });

  it('is for a forecast also what followed an earlier window, and what a window was normalised with', () => {
    const forecast = parseTask({
      name: 'ahead',
      kind: 'forecast',
      input: { ...task.input, normalisation: 'window' },
      forecast: { horizon: 2 },
      model: { preset: 'mlp' },
    });
    const messages = packWindows(source, forecast, note).pack(batch) as unknown as Record<string, unknown>[];
    assert.deepEqual(
      messages.map(({ sample }) => (sample as Float32Array | undefined)?.length),
      [undefined, 8],
    );
    assert.deepEqual(messages[1]?.['scaling'], { centre: [25, 2.5], spread: [5, 0.5] });
    assert.equal(messages[1]?.['label'], undefined);
  });

  it('gives no label to windows of an activity that the task does not know', () => {
    const jumping = batch.map((reading) => ({ ...reading, label: 'jump' }));
    const messages = packWindows(source, task, note).pack(jumping);
    assert.equal(messages.length, 2);
    assert.ok(messages.every((message) => !('label' in message)));
    assert.deepEqual(notes, [
      'label is "jump", expected one of walk, sit or an index from 0 to 1; its windows have no label',
    ]);
  });

  it('has the label of an index, as files write it', () => {
    const numbered = batch.map((reading) => ({ ...reading, label: '1' }));
    const [first] = packWindows(source, task, note).pack(numbered) as unknown as { label?: string }[];
    assert.equal(first?.label, 'sit');
    assert.deepEqual(notes, []);
  });

  it('has all windows of a pass when it ends, those of readings that waited for later ones, too', () => {
    const late = batch.map((reading, i) => ({ ...reading, timeMs: 1000 + i * 100 + (i > 1 ? 90 : 0) }));
    const packing = packWindows(source, task, note);
    const sent = [...packing.pack(late), ...packing.end()];
    assert.equal(sent.length, 2);
  });

  it('names the channel that the task asks for and the source lacks', () => {
    assert.throws(() => packWindows({ ...source, channels: ['y', 'z'] }, task, note), {
      code: 'recording-invalid',
      message: /expected the channel x of the task, got y, z/,
    });
  });
});
