import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../support/source-files';

type Data = readonly (readonly (number | null)[])[];

interface Drawn {
  note(plot: object, data: Data, best?: number): void;
  covers(plot: object, data: Data, best?: number): boolean;
}

/** A plot of versions 1 to 1000 on 100 pixels, and of values from 0 to 1 on 50. */
const plot = {
  scales: { x: { min: 1, max: 1000 }, y: { min: 0, max: 1 } },
  bbox: { width: 100, height: 50 },
};
const axis = Array.from({ length: 1000 }, (_, i) => i + 1);
const line = axis.map((version) => (version === 998 ? 0.8 : 0.5));
const more = (...values: (number | null)[]): Data => [
  [...axis, ...values.map((_, i) => 1001 + i)],
  [...line, ...values],
];

describe('a curve of more versions than pixels', () => {
  let drawn: Drawn;
  beforeEach(async () => {
    const { Drawn } = await import(pathToFileURL(join(root, 'resources', 'sidebar', 'drawn.mjs')).href);
    drawn = new Drawn() as Drawn;
    drawn.note(plot, [axis, line], 7);
  });

  for (const [what, isCovered, data, best] of [
    ['the same values', true, more(0.5, 0.5), 7],
    ['a value between those on the last pixel', true, more(0.7), 7],
    ['a value less than half a pixel beyond', true, more(0.809), 7],
    ['a version that was not measured', true, more(null), 7],
    ['a value more than half a pixel beyond', false, more(0.82), 7],
    ['one such value among others', false, more(0.5, 0.4, 0.5), 7],
    ['versions of more than half a pixel', false, more(0.5, 0.5, 0.5, 0.5, 0.5, 0.5), 7],
    ['another best version', false, more(0.5), 1001],
    ['a history that was thinned', false, [axis.filter((version) => version % 2 === 0), line], 7],
    ['another line', false, [axis, line, line], 7],
  ] as const)
    it(`${isCovered ? 'looks the same' : 'is drawn again'} with ${what}`, () => {
      assert.equal(drawn.covers(plot, data, best), isCovered);
    });
});
