import assert from 'node:assert/strict';
import type { Cell } from '../../../bench/support/federation/cell';
import { tables } from '../../../bench/support/federation/tables/tables';

const grids = ['rates', 'patients-grid', 'pictures-grid'] as const;

describe('federation benchmark: how rates are chosen', () => {
  for (const name of grids) {
    const cells: readonly Cell[] = tables[name].cells('data', [1]);

    it(`${name}: what is kept aside of the training part judges, never the test part`, () => {
      assert.ok(cells.length > 0);
      for (const { scenario } of cells) {
        assert.equal(scenario.evaluation?.on, 'validation');
        const aside = (scenario.validation ?? {}) as { people?: number; share?: number };
        assert.ok((aside.people ?? aside.share ?? 0) > 0);
      }
    });

    it(`${name}: every rule is given as many pairs of rates to choose from`, () => {
      const tried = new Map<string, Set<string>>();
      for (const { arm, mix } of cells) tried.set(arm, (tried.get(arm) ?? new Set()).add(mix));
      const counts = [...tried.values()].map((pairs) => pairs.size);
      assert.ok(counts.length >= 3);
      assert.deepEqual(new Set(counts), new Set([counts[0]]));
    });
  }

  it('what a table then tells is judged by the test part', () => {
    for (const name of ['patients', 'pictures'] as const) {
      for (const { scenario } of tables[name].cells('data', [1])) {
        assert.equal(scenario.evaluation?.on, 'test');
      }
    }
  });
});
