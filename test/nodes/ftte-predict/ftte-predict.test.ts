import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeMessage } from 'node-red';
import { openLayersModel, readLayersModel } from '../../../gateway/interchange';
import type { AnomalyVerdict } from '../../../gateway/prediction';
import type { ExportAnswer } from '../../../nodes/runtime';
import { freePort } from '../../../tools/support/free-port';
import {
  allNodes,
  coordinate,
  hosted,
  joined,
  labels,
  onTab,
  predict,
  tab,
  taskConfig,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { failureOf, give, inputsOf, shown, until } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

interface Answer extends NodeMessage {
  payload: { label: string; confidence: number; scores: Record<string, number>; version: number };
  label?: string;
  device?: number;
}

async function load(changes: object = {}): Promise<Answer[]> {
  const port = await freePort();
  await helper.load(allNodes, [
    tab,
    taskConfig(),
    hosted(port),
    joined('fed-a', port),
    ...coordinate(),
    ...predict('fed-a', { id: 'predict', ...changes }),
  ]);
  return inputsOf('predict:1') as Answer[];
}

const ready = () => shown('predict', 'ready');

describe('the predict node', () => {
  const context = useNodeRed();

  it('says once that there is no model yet, leaves windows out until there is, and then answers', async () => {
    const answers = await load();
    assert.equal((await failureOf('predict', { payload: windowOfOnes() })).code, 'not-ready');
    await give('predict', { payload: windowOfOnes() });
    assert.equal(answers.length, 0);
    await ready();
    await give('predict', { payload: windowOfOnes(), label: 'SITTING', device: 7 });
    const { payload, label, device } = answers[0]!;
    assert.deepEqual([label, device], ['SITTING', 7]);
    assert.ok(labels.includes(payload.label));
    assert.deepEqual(Object.keys(payload.scores), labels);
    assert.equal(payload.confidence, Math.max(...Object.values(payload.scores)));
    assert.equal(payload.version, 0);
  });

  it('exports the model that this gateway holds, once there is one, and lets other actions pass', async () => {
    const answers = await load();
    assert.equal((await failureOf('predict', { action: 'export' })).code, 'not-ready');
    await ready();
    await give('predict', { action: 'export' });
    const { files, parameters, version } = answers[0]!.payload as unknown as ExportAnswer;
    assert.equal(version, 0);
    const shard = files['weights.bin'];
    assert.ok(Buffer.isBuffer(shard));
    const opened = openLayersModel(String(files['model.json']));
    assert.deepEqual(opened.metadata?.labels, labels);
    assert.deepEqual(readLayersModel(opened, new Map([['weights.bin', shard]])).parameters, parameters);
    assert.match(
      (await failureOf('predict', { action: 'export', path: 7 })).message,
      /msg\.path: expected the name of a folder, got 7/,
    );
    await give('predict', { action: 'train', payload: windowOfOnes() });
    assert.ok(labels.includes(answers[1]!.payload.label));
  });

  it('refuses what is no window of the task, naming channel and shape, and answers the next', async () => {
    const answers = await load();
    await ready();
    const cases: [unknown, string, RegExp][] = [
      [new Float32Array(12), 'window-shape', /\[2, 6\].*\[32, 6\]: acc_x/],
      [windowOfOnes(Number.NaN), 'window-not-finite', /channel acc_x/],
      [{ acc_x: 1 }, 'window-shape', /an object/],
    ];
    for (const [payload, code, message] of cases) {
      const error = await failureOf('predict', { payload });
      assert.equal(error.code, code);
      assert.match(error.message, message);
    }
    await give('predict', { payload: windowOfOnes() });
    assert.equal(answers.length, 1);
  });

  it('answers in the order of the windows, however fast they come', async () => {
    const answers = await load();
    await ready();
    await Promise.all(
      Array.from({ length: 20 }, (_, device) =>
        give('predict', { payload: windowOfOnes(device / 20), device }),
      ),
    );
    assert.deepEqual(
      answers.map(({ device }) => device),
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

  it('calls what it is not sure of unknown, and still sends the scores', async () => {
    const answers = await load({ threshold: '1' });
    await ready();
    await give('predict', { payload: windowOfOnes() });
    assert.equal(answers[0]?.payload.label, 'unknown');
    assert.equal(Object.keys(answers[0]?.payload.scores ?? {}).length, labels.length);
  });

  it('keeps the threshold of anomalies over a deploy, and lets go of it with the node', async () => {
    const port = await freePort();
    const flow = [
      tab,
      taskConfig({
        kind: 'anomaly',
        labels: [],
        anomaly: { falseAlarms: 0.1 },
        model: { preset: 'autoencoder1d', size: 'S' },
      }),
      hosted(port),
      joined('fed-a', port),
      ...coordinate(),
      ...predict('fed-a', { id: 'predict' }),
    ];
    await helper.load(allNodes, flow);
    await ready();
    for (let i = 0; i < 32; i++) await give('predict', { payload: windowOfOnes(i) });
    await helper.unload();
    const file = join(context.userDir, 'ftte', 'predict', 'threshold.bin');
    assert.ok(existsSync(file));

    await helper.load(allNodes, flow);
    const answers = inputsOf('predict:1');
    await ready();
    await give('predict', { payload: windowOfOnes(1000) });
    const { anomaly, threshold } = answers[0]!.payload as AnomalyVerdict;
    assert.ok(anomaly && threshold! > 0);
    await helper.setFlows([tab, { id: 'predict', type: 'ftte-predict', ...onTab, d: true }], 'full');
    assert.ok(existsSync(file), 'of a node that is disabled it is kept');
    await helper.setFlows([tab], 'full');
    await until(() => !existsSync(file));
  });

  it('refuses a threshold that is no share', async () => {
    await load({ threshold: '60' });
    assert.match(
      logged('error', 'predict').join(),
      /^\[config-invalid\] threshold: expected .*from 0 to 1, got 60/,
    );
  });
});
