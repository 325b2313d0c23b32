import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadData } from '../../../../gateway/simulation';
import { CsvSource, proposeTask, StreamSurvey } from '../../../../gateway/stream';
import { parseTask } from '../../../../gateway/task';
import { packReadings, packWindows } from '../../../../nodes/ftte-replay/messages';
import { measureTable } from '../../../../nodes/ftte-task/measure-table';

const cards = ['debit', 'credit', 'debit', '', 'gift'];
const payments = Array.from({ length: 60 }, (_, i) => ({
  amount: i / 2,
  card: cards[i % 5]!,
  note: `number ${i}`,
  country: 'DE',
  class: i % 3 === 0 ? 'fraud' : 'ordinary',
}));
const text = `amount,card,note,country,class\n${payments.map((row) => Object.values(row).join(',')).join('\n')}\n`;

const task = parseTask({
  name: 'payments',
  input: {
    channels: [
      { name: 'amount', spread: 10 },
      { name: 'card', categories: ['credit', 'debit'] },
    ],
    ...{ rateHz: 1, length: 1, hop: 1 },
  },
  labels: ['ordinary', 'fraud'],
  model: { preset: 'mlp' },
});

describe('a column of few texts', () => {
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-categories-'));
    path = join(folder, 'payments.csv');
    await writeFile(path, text);
  });
  after(() => rm(folder, { recursive: true }));

  it('is read where it is asked for, and left out otherwise', async () => {
    assert.deepEqual((await CsvSource.open(path)).channels, ['amount']);
    const source = await CsvSource.open(path, { columns: ['amount', 'card'] });
    assert.match(source.recognised, /channels amount, card \(texts\)/);
    const values: unknown[] = [];
    for await (const reading of source.readings()) values.push(reading.values[1]);
    assert.deepEqual(values.slice(0, 5), [0, 1, 0, Number.NaN, 2]);
    assert.deepEqual(source.categories, [undefined, ['debit', 'credit', 'gift']]);
  });

  it('is played as texts, and as channels of 0 and 1 where windows are played', async () => {
    const source = await CsvSource.open(path, { channels: ['amount', 'card'] });
    const readings = [];
    for await (const reading of source.readings()) readings.push(reading);
    assert.deepEqual(
      packReadings(source)
        .pack(readings)
        .slice(0, 4)
        .map(({ payload }) => payload),
      [
        { amount: 0, card: 'debit' },
        { amount: 0.5, card: 'credit' },
        { amount: 1, card: 'debit' },
        { amount: 1.5, card: null },
      ],
    );
    const notes: string[] = [];
    const packing = packWindows(source, task, (_, code) => notes.push(code));
    const windows = [...packing.pack(readings), ...packing.end()].map(({ payload }) =>
      [...(payload as Float32Array)].slice(1),
    );
    assert.deepEqual(windows.slice(0, 5), [
      [0, 1],
      [1, 0],
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
    assert.deepEqual(notes, ['category-unknown']);
  });

  it('is part of the task that a dropped file suggests: windows of one row, and nothing that is always the same or never comes again', async () => {
    const learned = await measureTable({
      name: 'payments.csv',
      data: Buffer.from(text).toString('base64'),
      isWhole: true,
    });
    assert.ok('proposal' in learned);
    const { input, labels, model } = learned.proposal;
    assert.deepEqual(
      input.channels.map(({ name, categories }) => [name, categories]),
      [
        ['amount', undefined],
        ['card', ['debit', 'credit', 'gift']],
      ],
    );
    assert.deepEqual(
      [input.length, input.hop, model.preset, [...labels].sort()],
      [1, 1, 'mlp', ['fraud', 'ordinary']],
    );
    assert.deepEqual(learned.channels.find(({ name }) => name === 'card')?.texts, [
      'debit',
      'credit',
      'gift',
    ]);
    assert.equal(parseTask({ name: 'learned', ...learned.proposal }).input.channels.length, 4);
  });

  it('of labels that change often suggests windows that lie within one label, as it does for messages', async () => {
    const rows = Array.from(
      { length: 2000 },
      (_, i) => `${i * 20},${i % 7},${i % 200 < 100 ? 'still' : 'moving'}`,
    );
    const learned = await measureTable({
      name: 'short-labels.csv',
      data: Buffer.from(['time,x,label', ...rows].join('\n')).toString('base64'),
      isWhole: true,
    });
    assert.ok('proposal' in learned);
    assert.deepEqual([learned.rateHz, learned.proposal.input.length], [50, 32]);
  });

  it('is found in messages, too', () => {
    const survey = new StreamSurvey();
    for (const [i, { class: label, ...payload }] of payments.entries())
      survey.take({ payload, label, receivedMs: 5000 * i });
    const proposal = proposeTask(survey.result.figures);
    assert.deepEqual(
      proposal?.input.channels.map(({ name, categories }) => [name, categories]),
      [
        ['amount', undefined],
        ['card', ['debit', 'credit', 'gift']],
      ],
    );
    assert.equal(proposal?.input.length, 1);
  });

  it('is data of a simulation where its scenario names it', async () => {
    const data = await loadData({ csv: path, channels: ['amount', 'card'], length: 1, rateHz: 1 });
    assert.deepEqual(
      data.input.channels.map(({ name }) => name),
      ['amount', 'card_credit', 'card_debit', 'card_gift'],
    );
    assert.deepEqual([...data.windows[1]!], [0.5, 1, 0, 0]);
  });
});
