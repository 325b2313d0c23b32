import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlanReport } from '../../../gateway/cli/commands/plan-report';
import { readScenario } from '../../../gateway/simulation';
import { root } from '../../support/source-files';
import { ftte } from './ftte';

const stored = {
  input: { channels: [{ name: 'ax' }, { name: '1' }], rateHz: '50', length: '128', hop: '64' },
  labels: ['still', 'walking'],
  model: { preset: 'cnn1d', size: 'S' },
};
const node = { id: 'a1', type: 'ftte-task', name: 'activities', task: stored };
const tab = { id: 'tab', type: 'tab', label: 'flow' };
const numbers = { ...stored, input: { ...stored.input, rateHz: 50, length: 128, hop: 64 } };

describe('a task file of the command line', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function plan(content: unknown, ...more: readonly string[]) {
    const path = join(folder, 'wearable.json');
    const bytes = Buffer.isBuffer(content) || typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(path, bytes);
    return ftte(['plan', path, '-b', '1M', '--json', ...more]);
  }

  for (const [what, content, name] of [
    ['a task', { name: 'mine', ...numbers }, 'mine'],
    ['a task as a task node stores it, without a name and with numbers as text', stored, 'wearable'],
    ['a task node', node, 'activities'],
    ['a task node without a name', { ...node, name: '' }, 'wearable'],
    ['a flow with a task node', [tab, node], 'activities'],
    ['flows as the admin API of Node-RED gives them', { rev: '1', flows: [tab, node] }, 'activities'],
    ['a file with a byte order mark', `\ufeff${JSON.stringify([tab, node])}`, 'activities'],
    ['UTF-16 text', Buffer.from(`\ufeff${JSON.stringify(node)}`, 'utf16le'), 'activities'],
  ] as const) {
    it(`may be ${what}`, async () => {
      const { code, out, err } = await plan(content);
      assert.equal(code, 0, err);
      assert.equal((JSON.parse(out) as PlanReport).task, name);
    });
  }

  it('may be a flow with several tasks, of which one is chosen by name or id', async () => {
    const other = { ...node, id: 'b2', name: 'falls' };
    const chosen = async (...more: readonly string[]) =>
      (JSON.parse((await plan([node, other], ...more)).out) as PlanReport).task;
    assert.equal(await chosen('--name', 'falls'), 'falls');
    assert.equal(await chosen('-n', 'a1'), 'activities');
    const { code, err } = await plan([node, other]);
    assert.equal(code, 2);
    assert.match(
      err,
      /wearable\.json: the flow has 2 tasks \("activities", "falls"\), expected the name of one/,
    );
    assert.match((await plan([node, other], '-n', 'x')).err, /has no task "x"; it has "activities", "falls"/);
  });

  for (const [what, content, message] of [
    ['a flow without a task', [tab], /wearable\.json: the flow has no ftte-task node/],
    ['an empty file', '', /wearable\.json is empty, expected JSON/],
    ['a list of something else', '[1, 2]', /the flow has no ftte-task node/],
    ['a task node that is empty', { ...node, task: null }, /wearable\.json: task: is empty/],
    [
      'a task with a wrong field',
      { name: 'x', ...stored },
      /wearable\.json: input\.rateHz: expected .*, got the text "50"/,
    ],
    ['a task with a field missing', { ...stored, labels: undefined }, /wearable\.json: labels/],
  ] as const) {
    it(`is refused with its name and the reason: ${what}`, async () => {
      const { code, err } = await plan(content);
      assert.equal(code, 2);
      assert.match(err, message);
    });
  }

  it('has an example in the package, and so has a scenario', async () => {
    const examples = join(root, 'docs', 'examples');
    const { code, out } = await ftte(['plan', join(examples, 'task.json'), '-b', '192k']);
    assert.equal(code, 0);
    assert.match(out, /"wearable activity" in 192/);
    assert.equal((await readScenario(join(examples, 'scenario.json'))).clients, 12);
  });

  it('may be a flow of the examples', async () => {
    const { code, err } = await ftte([
      'plan',
      join(root, 'examples', '05 - ECG anomalies.json'),
      '-b',
      '192k',
    ]);
    assert.equal(code, 0, err);
  });
});
