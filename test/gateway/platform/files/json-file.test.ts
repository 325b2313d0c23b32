import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson } from '../../../../gateway/platform';

describe('a JSON file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    path = join(folder, 'task.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives its value', async () => {
    await writeFile(path, '{ "name": "é" }');
    assert.deepEqual(await readJson(path, 'task-invalid'), { name: 'é' });
  });

  const wrong: [string, string | undefined, RegExp][] = [
    ['is not there', undefined, /^cannot read .*task\.json: ENOENT/],
    ['is empty', '', /task\.json is empty, expected JSON/],
    ['is cut off', '{ "name": "', /task\.json is not JSON: /],
  ];
  for (const [what, text, message] of wrong) {
    it(`is named in an error of the given code if it ${what}`, async () => {
      if (text !== undefined) await writeFile(path, text);
      for (const code of ['task-invalid', 'scenario-invalid'] as const)
        await assert.rejects(readJson(path, code), { code, message, details: { path } });
    });
  }
});
