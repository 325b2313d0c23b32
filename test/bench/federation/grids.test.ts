import assert from 'node:assert/strict';
import type { Cell } from '../../../bench/federation/runs/cell';
import { tables } from '../../../bench/federation/tables/tables';

const grids = ['rates', 'patients-grid', 'pictures-grid'] as const;

describe('the choice of rates for the federation benchmark', () => {
  for (const name of grids) {
    const cells: readonly Cell[] = tables[name].cells('data', [1]);

    it(`${name} is judged by a part of the training data that does not train, never by the test data`, () => {
      assert.ok(cells.length > 0);
      for (const { scenario } of cells) {
        assert.equal(scenario.evaluation?.on, 'validation');
        const aside = (scenario.validation ?? {}) as { people?: number; share?: number };
        assert.ok((aside.people ?? aside.share ?? 0) > 0);
      }
    });

    it(`${name} tries the same number of pairs of rates for every rule`, () => {
      const tried = new Map<string, Set<string>>();
      for (const { arm, mix } of cells) tried.set(arm, (tried.get(arm) ?? new Set()).add(mix));
      const counts = [...tried.values()].map((pairs) => pairs.size);
      assert.ok(counts.length >= 3);
      assert.deepEqual(new Set(counts), new Set([counts[0]]));
    });
  }

  it('leads to tables that are judged by the test data', () => {
    for (const name of ['patients', 'pictures'] as const) {
      for (const { scenario } of tables[name].cells('data', [1])) {
        assert.equal(scenario.evaluation?.on, 'test');
      }
    }
  });
});
