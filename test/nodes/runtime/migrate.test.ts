import assert from 'node:assert/strict';
import { FtteError } from '../../../gateway/platform';
import { currentVersion, type Migration, migrateConfig } from '../../../nodes/runtime';

/** A node whose `kb` became `budget`, and whose `budget` then became bytes. */
const migrations: readonly Migration[] = [
  { to: 2, migrate: ({ kb, ...rest }) => ({ ...rest, budget: kb }) },
  { to: 3, migrate: (config) => ({ ...config, budget: Number(config['budget']) * 1024 }) },
];

describe('a config of an older version', () => {
  const cases: [what: string, stored: object, migrated: object][] = [
    ['without a version takes every step', { kb: '4', name: 'a' }, { budget: 4096, name: 'a' }],
    ['of version 1 takes every step', { configVersion: 1, kb: 4 }, { budget: 4096 }],
    ['of version 2 takes the last step only', { configVersion: 2, budget: 4 }, { budget: 4096 }],
    ['whose version is a text takes the same steps', { configVersion: '2', budget: 4 }, { budget: 4096 }],
  ];
  for (const [what, stored, migrated] of cases) {
    it(what, () => {
      assert.deepEqual(migrateConfig(stored, migrations), { ...migrated, configVersion: 3 });
    });
  }

  it('is not changed itself', () => {
    const stored = Object.freeze({ kb: 4 });
    migrateConfig(stored, migrations);
    assert.deepEqual(stored, { kb: 4 });
  });
});

describe('a config of the current version', () => {
  it('stays as it is', () => {
    const stored = { configVersion: 3, budget: 4, other: true };
    assert.deepEqual(migrateConfig(stored, migrations), stored);
    assert.deepEqual(migrateConfig({ a: 1 }, []), { a: 1, configVersion: 1 });
    assert.equal(currentVersion(migrations), 3);
  });
});

describe('a config of a version that is not known', () => {
  const cases: [what: string, configVersion: unknown, message: RegExp][] = [
    [
      'a newer one',
      4,
      /^configVersion: expected at most 3, got 4: a newer version .* update the package here$/,
    ],
    ['a newer one as text', '4', /expected at most 3, got 4/],
    ['a word', 'latest', /expected a whole number of at least 1, got "latest"/],
    ['a fraction', 1.5, /expected a whole number of at least 1, got 1\.5/],
    ['zero', 0, /expected a whole number of at least 1, got 0/],
    ['null', null, /expected a whole number of at least 1, got null/],
    ['a list', [2], /expected a whole number of at least 1, got an array of 1/],
  ];
  for (const [what, configVersion, message] of cases) {
    it(`is refused in one sentence: ${what}`, () => {
      assert.throws(
        () => migrateConfig({ configVersion }, migrations),
        (error) =>
          error instanceof FtteError && error.code === 'config-invalid' && message.test(error.message),
      );
    });
  }
});
