import assert from 'node:assert/strict';
import { type StreamNotice, Windower, type WindowerOptions } from '../../../../gateway/stream';
import { carriedLayers, modelKey, parseTask, type TaskInput, taskModel } from '../../../../gateway/task';
import { resolveAugmentation } from '../../../../gateway/task/augmentation';

const channels: TaskInput['input']['channels'] = [
  { name: 'amount' },
  { name: 'card', categories: ['credit', 'debit', '3'] },
  { name: 'country', categories: ['none', 'DE'] },
];
const taskWith = ({ input, ...more }: Partial<Omit<TaskInput, 'input'>> & { input?: object } = {}) =>
  parseTask({
    name: 'payments',
    input: { channels, rateHz: 1, length: 1, hop: 1, ...input },
    labels: ['ordinary', 'fraud'],
    model: { preset: 'mlp' },
    ...more,
  });

const windowerOf = (options: Partial<WindowerOptions> = {}) =>
  new Windower({ input: taskWith().input, labels: [], ...options });

describe('a channel of categories', () => {
  it('becomes a channel of 0 and 1 for each category, in messages by name, in arrays and by topic', () => {
    const windower = windowerOf();
    const rows = [
      { amount: 5, card: 'debit', country: 'DE' },
      [6, 3, 'none'],
      // Case and blanks do not matter, and a field `value` is read.
      { amount: 7, card: { value: ' Credit' }, country: 'de' },
    ].flatMap((reading) => [...windower.push(reading)].map(({ window }) => [...window]));
    assert.deepEqual(rows, [
      [5, 0, 1, 0, 0, 1],
      [6, 0, 0, 1, 1, 0],
      [7, 1, 0, 0, 0, 1],
    ]);
    const byTopic = windowerOf();
    byTopic.push(8, { topic: 'till/amount' });
    byTopic.push('debit', { topic: 'till/card' });
    const [made] = byTopic.push('DE', { topic: 'till/country' });
    assert.deepEqual([...made!.window], [8, 0, 1, 0, 0, 1]);
  });

  it('counts a text that is not listed as none of the categories, and says which, each once', () => {
    const notices: StreamNotice[] = [];
    const windower = windowerOf({ onNotice: (notice) => notices.push(notice) });
    const push = (card: unknown) => [
      ...windower.push({ amount: 1, card, country: 'DE' })[0]!.window.subarray(1, 4),
    ];
    assert.deepEqual([push('gift'), push('gift'), push(2), push(null), push('')], Array(5).fill([0, 0, 0]));
    assert.deepEqual(
      notices.map(({ code, text, used }) => [code, text, used]),
      ['gift', '2'].map((text) => [
        'category-unknown',
        `channel card is "${text}", which the task does not list (credit, debit, 3): it counts as none of these`,
        true,
      ]),
    );
    // Two gifts and a 2; what is missing is no unknown category.
    assert.equal(windower.counts.unknownCategories, 3);
    for (let i = 0; i < 100; i++) push(`card ${i}`);
    assert.equal(notices.length, 16);
    assert.equal(windower.counts.unknownCategories, 103);
  });

  it('is refused for an object or an array, naming the channel and its categories', () => {
    assert.throws(
      () => windowerOf().push({ amount: 1, card: {}, country: 'DE' }),
      /channel card is .*expected a text: credit, debit, 3/,
    );
  });

  it('is reported like any channel if it never comes', () => {
    const texts: string[] = [];
    const windower = windowerOf({ onNotice: ({ text }) => texts.push(text) });
    for (let i = 0; i < 20; i++)
      windower.push({ amount: i, Card: 'debit', country: 'DE' }, { time: i * 1000 });
    windower.flush();
    assert.match(texts.join('\n'), /card has not come; the reading has amount, Card, country/);
  });

  it('is part of what names a model, is not varied, and keeps what was learned where a category is added', () => {
    const task = taskWith();
    assert.deepEqual(
      task.input.channels.map(({ name, category }) => [name, category?.of, category?.is]),
      [
        ['amount', undefined, undefined],
        ['card_credit', 'card', 'credit'],
        ['card_debit', 'card', 'debit'],
        ['card_3', 'card', '3'],
        ['country_none', 'country', 'none'],
        ['country_DE', 'country', 'DE'],
      ],
    );
    assert.deepEqual(parseTask(task), task);
    assert.deepEqual(taskModel(task).input, [1, 6]);
    const more = taskWith({
      input: { channels: [...channels.slice(0, 2), { name: 'country', categories: ['none', 'DE', 'FR'] }] },
    });
    assert.notEqual(modelKey(more), modelKey(task));
    assert.deepEqual(carriedLayers(task, more), { kept: ['dense_1'], partly: ['dense'], fresh: [] });
    const varied = taskWith({
      training: { augmentation: ['jitter'] },
    });
    assert.deepEqual(resolveAugmentation(varied)?.jitter, [0.1, 0, 0, 0, 0, 0]);
  });

  const wrong: [string, Parameters<typeof taskWith>[0], RegExp][] = [
    [
      'with one twice',
      { input: { channels: [{ name: 'card', categories: ['a', 'a'] }] } },
      /input\.channels\.0\.categories: "a" is there twice/,
    ],
    [
      'whose channel has the name of another one',
      { input: { channels: [{ name: 'card_a' }, { name: 'card', categories: ['a'] }] } },
      /input\.channels.*"card_a"/,
    ],
    [
      'with more channels than a task may have',
      {
        input: {
          channels: [
            { name: 'a' },
            { name: 'card', categories: Array.from({ length: 64 }, (_, i) => `${i}`) },
          ],
        },
      },
      /input\.channels: are 65 with one for each category, expected at most 64/,
    ],
    [
      'with too long a name',
      { input: { channels: [{ name: 'card', categories: ['x'.repeat(60)] }] } },
      /categories\.0: makes the channel "card_x+" of 65 characters, expected at most 64/,
    ],
    [
      'with normalisation by the window',
      { input: { normalisation: 'window' } },
      /channels\.1\.categories: is there, expected none with normalisation "window"/,
    ],
    [
      'with windows at beats',
      { input: { length: 8, cut: { kind: 'marks', before: 1 } } },
      /categories: is there, expected none with windows at marks/,
    ],
    [
      'in a forecast of all channels',
      { kind: 'forecast', labels: [], forecast: { horizon: 1 } },
      /expected forecast\.channels to name channels of numbers/,
    ],
    [
      'as what is predicted',
      { kind: 'forecast', labels: [], forecast: { horizon: 1, channels: ['card'] } },
      /forecast\.channels: "card" is a category/,
    ],
    [
      'of a channel of numbers',
      { input: { channels: [{ name: 'card' }, { name: 'c', category: { of: 'card', is: 'a' } }] } },
      /channels\.1\.category: is of "card", which is a channel of numbers/,
    ],
  ];
  for (const [name, task, error] of wrong)
    it(`is refused ${name}`, () => {
      assert.throws(() => taskWith(task), error);
    });
});
