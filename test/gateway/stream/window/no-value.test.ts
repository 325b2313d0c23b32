import assert from 'node:assert/strict';
import { Windower } from '../../../../gateway/stream';

/** The sentences about numbers that stand for no value, of a channel that gets these values. */
function said(values: readonly number[], missing: string[] = [], normalisation: 'none' | 'channel' = 'none') {
  const texts: string[] = [];
  const windower = new Windower({
    input: {
      channels: [{ name: 'a', unit: '', centre: 20, spread: 1000 }],
      rateHz: 10,
      length: 8,
      hop: 8,
      normalisation,
    },
    labels: [],
    missing,
    onNotice: ({ code, text, used }) => {
      if (code === 'no-value') texts.push(`${text} ${used}`);
    },
  });
  for (const value of values) windower.push([value]);
  return texts;
}

const usual = Array.from({ length: 40 }, (_, i) => 20 + Math.sin(i));
const among = (...values: number[]) => [...usual.slice(0, 20), ...values, ...usual.slice(20)];

describe('a number that stands for no value', () => {
  for (const number of [-999, 65_535, 1e20, -9999, -127, 3e9, 1e8, -2.5e6]) {
    it(`is named once if it is ${number} among values about 20`, () => {
      assert.deepEqual(said(among(number, number, number)), [
        `channel a is up to 20 and now and then ${number}, which is used as a measurement: if it stands for no value, add ${number} to what is missing true`,
      ]);
    });
  }

  const cases: [title: string, texts: string[], count: number][] = [
    ['is named if it comes before any other value', said([-999, ...usual]), 1],
    ['is named if it comes once, among the first values', said([20, 1e8, ...usual]), 1],
    ['is named if it comes once, before all others', said([1e8, ...usual]), 1],
    ['is named if nothing else comes', said(Array(16).fill(65_535)), 1],
    ['is named if the task scales its channels', said(among(-999), [], 'channel'), 1],
    ['is not named if it is one of the words for missing', said(among(-999, -999), ['-999']), 0],
    ['is not named among values as large', said([...usual.map((x) => 40 * x), -999, 999]), 0],
    ['is not named if it stays', said([...usual, ...usual.map((x) => 1e6 * x)]), 0],
    ['is not named after zeros of a sensor that starts', said([...Array(20).fill(0), 2e6, 0, 2e6]), 0],
    ['is no large value that grows', said(usual.map((_, i) => 1.5 ** (2 * i))), 0],
    ['is not found in the usual values', said(usual), 0],
  ];
  for (const [title, texts, count] of cases) it(title, () => assert.equal(texts.length, count, texts.join()));
});
