import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GatewayPolicyInput, gatewayPolicy, policyBreach } from '../../../../gateway/participant';
import {
  parseStoredTask,
  parseTask,
  presetNames,
  presetSizes,
  type TaskInput,
} from '../../../../gateway/task';
import { root } from '../../../support/source-files';

const base: TaskInput = {
  name: 'movement',
  input: { channels: [{ name: 'x' }], rateHz: 10, length: 64, hop: 32 },
  labels: ['resting', 'moving'],
  model: { preset: 'mlp', size: 'S' },
};
const large = { layers: [{ type: 'flatten' }, { type: 'dense', units: 4096 }, { type: 'dense', units: 2 }] };

const breaches: readonly [string, Partial<TaskInput>, GatewayPolicyInput, RegExp][] = [
  [
    'steps of one example',
    { training: { batchSize: 1 } },
    {},
    /^training\.batchSize: got 1, this gateway takes at least 8 \(its smallestBatch\)$/,
  ],
  [
    'rounds of one sample',
    { training: { maxSamplesPerRound: 1 } },
    {},
    /^training\.maxSamplesPerRound: got 1, this gateway takes at least 8 \(its fewestSamples\)$/,
  ],
  [
    'exact updates',
    { encoding: { update: 'float32' } },
    {},
    /^encoding\.update: got float32, this gateway takes at most int8 \(its finestEncoding\)$/,
  ],
  [
    'plain gradients',
    { training: { epochs: 1, maxSamplesPerRound: 32 } },
    { fewestSteps: 2 },
    /^training\.epochs: got 1 steps, this gateway takes at least 2 steps \(its fewestSteps\)$/,
  ],
  [
    'days of training',
    { training: { batchSize: 8, epochs: 100, maxSamplesPerRound: 100_000 } },
    {},
    /^training\.epochs: got 1250000 steps, this gateway takes at most 10000 steps \(its mostSteps\)$/,
  ],
  [
    'no privacy where the gateway demands it',
    {},
    { largestEpsilon: 4 },
    /^privacy\.epsilon: got no privacy, this gateway takes at most 4 \(its largestEpsilon\)$/,
  ],
  [
    'less privacy than the gateway demands',
    { privacy: { level: 'record', epsilon: 5 } },
    { largestEpsilon: 4 },
    /^privacy\.epsilon: got 5, this gateway takes at most 4 \(its largestEpsilon\)$/,
  ],
  [
    'noise that only the coordinator promises',
    { privacy: { level: 'gateway', epsilon: 1 } },
    { largestEpsilon: 4 },
    /^privacy\.level: got gateway, this gateway takes record \(its largestEpsilon\)/,
  ],
  [
    'a model beyond the memory of the gateway',
    { model: large as TaskInput['model'], input: { ...base.input, length: 400 } },
    { largestModel: 4 * 1024 * 1024 },
    /^model: got 6619144 bytes, this gateway takes at most 4194304 bytes \(its largestModel\)$/,
  ],
];

describe('the policy of a gateway', () => {
  for (const [what, changes, policy, pattern] of breaches) {
    it(`does not allow a task that asks for ${what}, and names the setting, what came and the limit`, () => {
      const breach = policyBreach(parseTask({ ...base, ...changes }), gatewayPolicy(policy));
      assert.match(breach?.text ?? '', pattern);
    });
  }

  it('is what a person allows: the same tasks are taken with other limits', () => {
    const all = gatewayPolicy({
      fewestSamples: 1,
      smallestBatch: 1,
      finestEncoding: 'float32',
      mostSteps: 10_000_000,
    });
    for (const [what, changes, policy] of breaches)
      if (Object.keys(policy).length === 0)
        assert.equal(policyBreach(parseTask({ ...base, ...changes }), all), undefined, what);
  });

  it('allows by default the tasks of all examples, and each preset at each size', () => {
    const policy = gatewayPolicy();
    const names = [
      '01 - Wearables on one machine',
      '03 - Coordinator',
      '04 - Vitals forecast',
      '05 - ECG anomalies',
    ];
    for (const name of names) {
      const flow = JSON.parse(readFileSync(join(root, 'examples', `${name}.json`), 'utf8')) as {
        type: string;
        name: string;
        task: unknown;
      }[];
      const tasks = flow.filter(({ type }) => type === 'ftte-task');
      assert.ok(tasks.length > 0, name);
      for (const { name: of, task } of tasks)
        assert.equal(policyBreach(parseStoredTask(of, task), policy), undefined, name);
    }
    const channels = Array.from({ length: 6 }, (_, i) => ({ name: `c${i}` }));
    for (const preset of presetNames)
      for (const size of presetSizes) {
        const kind = preset === 'autoencoder1d' ? ({ kind: 'anomaly', labels: [] } as const) : {};
        const length = preset === 'mobilenet-tiny' ? 1024 : 128;
        const task = {
          ...base,
          ...kind,
          input: { ...base.input, channels, length },
          model: { preset, size },
        };
        assert.equal(policyBreach(parseTask(task), policy), undefined, `${preset} ${size}`);
      }
  });

  const wrong: readonly [string, object, string][] = [
    ['no sample', { fewestSamples: 0 }, 'policy.fewestSamples'],
    ['an encoding that there is not', { finestEncoding: 'int4' }, 'policy.finestEncoding'],
    ['a choice that there is not', { newTask: 'never' }, 'policy.newTask'],
    ['a setting that there is not', { smallestBtach: 8 }, 'policy'],
  ];
  for (const [what, policy, field] of wrong) {
    it(`is refused with ${what}, naming the setting`, () => {
      assert.throws(
        () => gatewayPolicy(policy as GatewayPolicyInput),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'config-invalid');
          assert.ok(error.message.startsWith(field), error.message);
          return true;
        },
      );
    });
  }
});
