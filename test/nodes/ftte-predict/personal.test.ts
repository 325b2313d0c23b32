import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeMessage } from 'node-red';
import { SeededRandom } from '../../../gateway/platform';
import type { PersonalReport } from '../../../gateway/prediction';
import { freePort } from '../../../tools/support/free-port';
import {
  allNodes,
  channels,
  coordinate,
  hosted,
  joined,
  labels,
  length,
  predict,
  tab,
  taskConfig,
  train,
} from '../../support/node-red/federation-flow';
import { give, inputsOf, shown, trainRounds, until } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

type Answer = NodeMessage & { payload: { label: string; model: string; version: number } & PersonalReport };

const noise = new SeededRandom(5);

/** A window that says its label by its level. */
const windowOf = (label: number) =>
  Float32Array.from({ length: length * channels.length }, () => label - 2.5 + 0.1 * noise.normal());

describe('the own model of a gateway', () => {
  const context = useNodeRed();
  let answers: Answer[];

  async function load(changes: object = {}): Promise<void> {
    const port = await freePort();
    await helper.load(allNodes, [
      tab,
      taskConfig(),
      hosted(port),
      joined('fed-a', port),
      ...coordinate(),
      ...train('fed-a', { id: 'train', trigger: 'message', capacity: '256' }),
      ...predict('fed-a', { id: 'predict', ...changes }),
    ]);
    answers = inputsOf('predict:1') as Answer[];
    await shown('train', 'collecting');
    await give('train', { action: 'forget' });
    for (let i = 0; i < 180; i++)
      await give('train', { payload: windowOf(i % labels.length), label: labels[i % labels.length] });
    // A new version is the occasion on which the gateway looks at its windows.
    await trainRounds('train', 'train:1', 1);
    await give('coordinate', { action: 'apply' });
  }

  const folder = () => join(context.userDir, 'ftte', 'fed-a');
  const files = () => readdirSync(folder()).filter((name) => name.startsWith('personal-'));

  async function ask(label = 3): Promise<Answer> {
    await give('predict', { payload: windowOf(label) });
    return answers.at(-1)!;
  }

  async function report(): Promise<PersonalReport> {
    await give('predict', { action: 'report' });
    assert.equal(answers.at(-1)!.topic, 'report');
    return answers.at(-1)!.payload;
  }

  it('answers while it is better, says so, and goes with the action forget, also on disk', async () => {
    await load();
    while ((await report()).model !== 'personal') await pause(20);
    while ((await ask()).payload.model !== 'personal') await pause(20);
    await shown('predict', 'personal');
    const { keptOut, mixture, adaptedOn } = await report();
    // Three quarters of the windows that are left when the train node has held a fifth out.
    assert.equal(keptOut?.windows, 102);
    assert.ok(keptOut.personal.balancedAccuracy > keptOut.shared.balancedAccuracy);
    let right = 0;
    for (let i = 0; i < 30; i++) {
      const label = i % labels.length;
      if ((await ask(label)).payload.label === labels[label]) right++;
    }
    assert.ok(right / 30 > keptOut.shared.balancedAccuracy, `${right} of 30 are right`);
    assert.ok(mixture! > 0 && adaptedOn === 140);
    assert.match(logged('info', 'predict').join('\n'), /predicts with a model of its own: balanced accuracy/);
    await until(() => files().join() === 'personal-predict.bin');
    writeFileSync(join(folder(), 'personal-gone.bin.00000000.part'), 'of a node that does not run');
    await give('train', { action: 'forget' });
    assert.deepEqual(files(), []);
    assert.equal((await report()).model, 'shared');
    while ((await ask()).payload.model !== 'shared') await pause(20);
  });

  it('is not made if the node does not want one', async () => {
    await load({ personal: 'off' });
    assert.equal((await ask()).payload.model, 'shared');
    assert.match((await report()).reason, /"Own model" .* is off/);
    assert.deepEqual(files(), []);
  });

  it('refuses a setting that is none of the choices', async () => {
    const port = await freePort();
    await helper.load(allNodes, [
      tab,
      taskConfig(),
      hosted(port),
      joined('fed-a', port),
      ...predict('fed-a', { id: 'predict', personal: 'always' }),
    ]);
    assert.match(
      logged('error', 'predict').join(),
      /^\[config-invalid\] personal: expected .*auto.*off.*always/,
    );
  });
});
