import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FtteError, systemClock } from '../../../gateway/platform';
import { federationConfig } from '../../../nodes/ftte-federation/config';
import { inDialogWords, nodeError } from '../../../nodes/runtime';
import { nodeCatalog } from '../../support/node-red/fake-node';
import { root } from '../../support/source-files';

const nodes = ['window', 'train', 'predict', 'coordinate', 'replay', 'federation'] as const;
const wrong = (field: string) => new FtteError('config-invalid', `${field}: expected a number`, { field });

describe('a wrong setting', () => {
  const inWords = (type: string, field: string) =>
    inDialogWords(nodeCatalog(type), type, wrong(field)).message;

  it('is called as in the dialog', () => {
    assert.equal(inWords('ftte-federation', 'url'), 'Address: expected a number');
    assert.equal(inWords('ftte-window', 'maxFill'), 'Gaps: expected a number');
    assert.equal(inWords('ftte-train', 'federation'), 'Federation: expected a number');
  });

  it('keeps its place inside a field, counted from 1', () => {
    assert.equal(inWords('ftte-task', 'input.channels.1.spread'), 'Channels › 2 › spread: expected a number');
    assert.equal(inWords('ftte-task', 'model.layers.0.units'), 'Layers › 1 › units: expected a number');
    assert.equal(inWords('ftte-task', 'input.length'), 'Window: expected a number');
  });

  it('stays as it is if no dialog has it, or if the text begins otherwise', () => {
    assert.equal(inWords('ftte-train', 'configVersion'), 'configVersion: expected a number');
    const other = new FtteError('config-invalid', 'there is no disk', { field: 'url' });
    assert.equal(
      inDialogWords(nodeCatalog('ftte-federation'), 'ftte-federation', other).message,
      other.message,
    );
  });

  it('is said so in full', () => {
    const stored = { federation: 'clinic', gateway: 'pi-1', broker: 'url', url: 'http://broker' };
    const place = {
      ...{ ownId: () => 'pi-1', folder: '/nowhere', clock: systemClock },
      existing: () => assert.fail('the broker is at an address'),
    };
    assert.throws(
      () => federationConfig(place, stored, {}),
      (error) => {
        const { message, code } = nodeError(
          nodeCatalog('ftte-federation'),
          'ftte-federation',
          error,
        ) as FtteError;
        assert.equal(code, 'config-invalid');
        assert.match(message, /^Address: expected mqtt:\/\/.*got "http:\/\/broker"$/);
        return true;
      },
    );
  });

  for (const node of nodes) {
    it(`has a name in the dialog, whichever it is: ${node}`, () => {
      const type = `ftte-${node}`;
      const html = readFileSync(join(root, 'nodes', type, `${type}.html`), 'utf8');
      const fields = [...html.matchAll(/\b(?:text|number|choice|typed|flag|credential|config)\('(\w+)',/g)]
        .map(([, name = '']) => name)
        .filter((name) => name !== 'reach');
      assert.ok(fields.length >= 2, fields.join());
      for (const field of fields) assert.doesNotMatch(inWords(type, field), new RegExp(`^${field}:`));
    });
  }

  it('has the name of its row in the dialog of the task', async () => {
    const file = join(root, 'resources', 'task-dialog', 'rows', 'index.mjs');
    const { rows } = (await import(pathToFileURL(file).href)) as {
      rows: Record<string, { label?: string; parts: { path?: string }[] }[]>;
    };
    const labels = JSON.parse(
      readFileSync(join(root, 'nodes/ftte-task/locales/en-US/ftte-task.json'), 'utf8'),
    )['ftte-task'].label as Record<string, string>;
    let checked = 0;
    for (const section of Object.values(rows)) {
      let label = '';
      for (const row of section) {
        label = row.label ?? label;
        for (const { path } of row.parts) {
          if (path === undefined) continue;
          assert.equal(inWords('ftte-task', path), `${labels[label]}: expected a number`);
          checked++;
        }
      }
    }
    assert.ok(checked > 40, `${checked} fields`);
  });
});
