import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { initialParameters, parameterLayout } from '../../../gateway/model';
import { FtteError } from '../../../gateway/platform';
import { isKernel, measureNorms, planRows, selectPlan } from '../../../gateway/selection';
import { parametersFingerprint, parseStoredTask, taskModel } from '../../../gateway/task';

import taskNodes = require('../../../nodes/ftte-task/ftte-task');

import { type Preview, previewTask } from '../../../nodes/ftte-task/preview';
import { runningModels, taskNode } from '../../../nodes/runtime';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

const stored = {
  input: { channels: [{ name: 'ecg', unit: 'mV' }], rateHz: 125, length: 187, hop: 187 },
  labels: ['N', 'V'],
  model: { preset: 'cnn1d', size: 'S' },
};

/** The settings of a new task node: the `defaults` of its registration. */
function editorDefaults(): {
  name: { value: string };
  task: { value: object; validate: (task: unknown, options: object) => unknown };
} {
  const html = readFileSync(join(__dirname, '../../../nodes/ftte-task/ftte-task.html'), 'utf8');
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  let definition: { defaults: ReturnType<typeof editorDefaults> } | undefined;
  const unused = () => undefined;
  runInNewContext(script, {
    ftteDialog: () => ({
      field: {},
      text: (key: string) => `ftte-task.${key}`,
      prepare: unused,
      save: unused,
    }),
    RED: {
      nodes: {
        registerType: (_type: string, given: typeof definition) => {
          definition = given;
        },
      },
    },
  });
  assert.ok(definition);
  return definition.defaults;
}

type Figures = Extract<Preview, { parameters: number }>;
function figures(preview: Preview): Figures {
  assert.ok('parameters' in preview, JSON.stringify(preview));
  return preview;
}

describe('a task as the editor keeps it', () => {
  it('is ready for a new user: six channels at 50 Hz, six activities', () => {
    const { name, task } = editorDefaults();
    const parsed = parseStoredTask(name.value, JSON.parse(JSON.stringify(task.value)));
    assert.equal(parsed.input.channels.length, 6);
    assert.equal(parsed.input.rateHz, 50);
    assert.deepEqual([parsed.input.length, parsed.input.hop], [128, 64]);
    assert.equal(parsed.labels.length, 6);
    assert.deepEqual(parsed.model, { preset: 'features', size: 'S' });
  });

  it('takes numbers that came as text from the environment, and leaves names alone', () => {
    const task = parseStoredTask('beats', {
      ...stored,
      input: { ...stored.input, channels: [{ name: '1', unit: '2', centre: '3' }], rateHz: '125' },
      labels: ['0', '1'],
      training: { epochs: '3' },
    });
    assert.deepEqual(task.input.channels[0], { name: '1', unit: '2', centre: 3, spread: 1 });
    assert.equal(task.training.epochs, 3);
    assert.deepEqual(task.labels, ['0', '1']);
    assert.equal(task.name, 'beats');
    const ahead = { kind: 'forecast', labels: [], forecast: { horizon: '5', channels: ['1'] } };
    const channels = [{ name: '1' }, { name: '2' }];
    const { forecast } = parseStoredTask('ahead', {
      ...stored,
      ...ahead,
      input: { ...stored.input, channels },
    });
    assert.deepEqual(forecast, { horizon: 5, channels: ['1'] });
  });

  it('is refused where it is missing', () => {
    for (const nothing of [undefined, null, 'text', []])
      assert.throws(
        () => parseStoredTask('x', nothing),
        (error) => error instanceof FtteError && error.code === 'task-invalid',
      );
  });

  it('is marked in the editor while it lacks channels or labels', () => {
    const { validate } = editorDefaults().task;
    const asked = (task: unknown) => validate(task, {});
    assert.equal(asked(stored), true);
    assert.equal(asked({ ...stored, kind: 'anomaly', labels: undefined }), true);
    assert.equal(asked({ ...stored, labels: ['N'] }), 'ftte-task.error.labels');
    assert.equal(asked({ ...stored, input: { channels: [] } }), 'ftte-task.error.channels');
  });
});

describe('the figures beside a task', () => {
  it('are the model’s parameters, and what three budgets buy', async () => {
    const preview = figures(await previewTask('beats', stored));
    assert.equal(preview.parameters, parameterLayout(taskModel(parseStoredTask('beats', stored))).size);
    assert.equal(preview.modelBytes, 4 * preview.parameters);
    assert.ok(Math.abs(preview.windowSeconds - 187 / 125) < 1e-9);
    assert.equal(preview.shapes.at(-1), '2');
    assert.equal(preview.budgets.length, 3);
    for (const budget of preview.budgets) {
      assert.ok(budget.budgetBytes < preview.denseBytes);
      if ('neededBytes' in budget) assert.ok(budget.neededBytes > budget.budgetBytes);
      else {
        assert.ok(budget.peakBytes <= budget.budgetBytes && budget.trainedShare > 0);
        assert.ok(budget.stepCost > 0 && budget.stepCost <= 1);
        assert.equal(budget.trained.length, preview.tensors.length);
        for (const [i, trained] of budget.trained.entries()) assert.ok(trained <= preview.tensors[i]!.whole);
        assert.equal(
          budget.trained.at(-1),
          preview.tensors.at(-1)?.whole,
          'the output layer is trained whole',
        );
      }
    }
  });

  it('count bytes of an update as it travels: one byte per value for int8, four for float32, a sixth for dithered', async () => {
    const sized = (['int8', 'float32', 'dithered'] as const).map(async (update) => {
      const [first] = figures(await previewTask('beats', { ...stored, encoding: { update } })).budgets;
      assert.ok(first && 'updateBytes' in first);
      return { perValue: first.updateBytes / first.trainedParameters };
    });
    const sizes = await Promise.all(sized);
    assert.ok(Math.abs((sizes[0]?.perValue ?? 0) - 1) < 0.2, JSON.stringify(sizes));
    assert.ok(Math.abs((sizes[1]?.perValue ?? 0) - 4) < 0.2, JSON.stringify(sizes));
    assert.ok((sizes[2]?.perValue ?? 1) < 0.3, JSON.stringify(sizes));
  });

  it('are there for a forecast and for anomalies, too', async () => {
    const { labels: _, ...unlabelled } = stored;
    const model = { preset: 'mlp', size: 'S' };
    const forecast = { ...unlabelled, model, kind: 'forecast', forecast: { horizon: 10 } };
    assert.equal(figures(await previewTask('ahead', forecast)).shapes.at(-1), '10');
    assert.equal(
      figures(await previewTask('odd', { ...unlabelled, model, kind: 'anomaly' })).shapes.at(-1),
      '187',
    );
  });

  it('are there for a budget that no noise keeps for the example, which is said beside them', async () => {
    const privacy = { level: 'record', epsilon: 0.01, delta: 1e-10, rounds: 1_000_000 };
    const preview = figures(await previewTask('beats', { ...stored, privacy }, undefined, { samples: 8 }));
    assert.deepEqual(preview.privacy, { impossible: { epsilon: 0.01, rounds: 1_000_000 } });
  });

  it('rank as gateways do: by the parameters that were imported, where a coordinator here starts from them', async () => {
    const layers = [
      { type: 'flatten' },
      { type: 'dense', units: 32 },
      { type: 'relu' },
      { type: 'dense', units: 32 },
      { type: 'relu' },
      { type: 'dense', units: 2 },
    ];
    const written = { ...stored, model: { layers } };
    const task = parseStoredTask('beats', written);
    const model = taskModel(task);
    const layout = parameterLayout(model);
    // Next to nothing in the second kernel: the seed's is the first that is trained.
    const second = layout.tensors.findIndex(({ name }) => name === 'dense_1/kernel');
    const { offset, size } = layout.tensors[second]!;
    const imported = initialParameters(model, task.seed).fill(1e-6, offset, offset + size);
    const importance = { version: 0, norms: measureNorms(model, imported) };
    const running = { ...task, initial: parametersFingerprint(imported) };
    const forget = runningModels.add('task-1', () => ({ task: running, importance, version: 0 }));
    const previewOf = async (node: string, changes: object = {}) =>
      figures(
        await previewTask('beats', { ...written, ...changes }, (task) => runningModels.bearing(node, task)),
      );

    const { optimiser, batchSize, frozen } = task.training;
    const parameters = initialParameters(model, task.seed);
    for (const [node, known] of [
      ['task-1', importance],
      ['another', undefined],
    ] as const) {
      for (const budget of (await previewOf(node)).budgets) {
        if (!('trained' in budget)) continue;
        const { budgetBytes } = budget;
        const request = { model, optimiser, batchSize, frozen, budgetBytes, parameters, importance: known };
        const rows = planRows(layout, selectPlan({ ...request, strategy: 'magnitude' }).plan);
        const kernels = rows.filter((_, i) => isKernel(layout.tensors[i]!));
        assert.deepEqual(
          budget.trained,
          kernels.map(({ channels }) => channels.length),
          node,
        );
      }
    }
    assert.notDeepEqual((await previewOf('task-1')).budgets, (await previewOf('another')).budgets);
    const otherSeed = { seed: task.seed + 1 };
    assert.deepEqual(
      await previewOf('task-1', otherSeed),
      await previewOf('another', otherSeed),
      'another model',
    );
    forget();
    assert.deepEqual(await previewOf('task-1'), await previewOf('another'));
  });

  it('name a number of the fleet that is out of range, and show the others without it', async () => {
    const privacy = { level: 'record', epsilon: 8 };
    const previewFor = async (fleet: object) =>
      figures(await previewTask('beats', { ...stored, privacy }, undefined, fleet));
    const { parameters, privacy: costs } = await previewFor({ gateways: 0 });
    assert.ok(parameters > 0);
    assert.deepEqual(costs, { wrong: 'gateways', least: 1, most: 1e6, isWhole: true, got: '0' });
    assert.deepEqual((await previewFor({ roundsPerDay: 'many' })).privacy, {
      ...{ wrong: 'roundsPerDay', least: 1e-3, most: 1e5, isWhole: false, got: 'many' },
    });
    assert.ok('month' in (await previewFor({})).privacy!);
  });

  it('warn of a budget that promises little', async () => {
    const privacy = { level: 'record', epsilon: 20 };
    const { privacy: costs } = figures(await previewTask('beats', { ...stored, privacy }));
    assert.ok(costs && 'warnings' in costs);
    assert.deepEqual(costs.warnings, [{ code: 'epsilon', values: { epsilon: 20 } }]);
  });

  it('say which budget would do where one is too small', async () => {
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 2 }];
    const preview = figures(
      await previewTask('beats', {
        ...stored,
        model: { layers },
        selection: { strategy: 'dense' },
        training: { batchSize: 1 },
      }),
    );
    const small = preview.budgets.at(-1);
    assert.ok(small && 'neededBytes' in small);
  });

  const wrong: [string, object, string, RegExp][] = [
    ['a rate of none', { input: { ...stored.input, rateHz: 0 } }, 'input.rateHz', /input\.rateHz/],
    ['a label that is there twice', { labels: ['N', 'N'] }, 'labels', /"N" is there twice/],
    ['an epoch too few', { training: { epochs: 0 } }, 'training.epochs', /training\.epochs/],
    ['layers that are no JSON', { model: { layers: '[{' } }, 'model.layers', /expected a list/],
    [
      'a layer that lacks something',
      { model: { layers: [{ type: 'flatten' }, { type: 'dense' }] } },
      'model.layers.1.units',
      /model\.layers\.1\.units: .*number/,
    ],
    ['a preset that is none', { model: { preset: 'cnn' } }, 'model.preset', /autoencoder1d/],
    [
      'labels that a forecast has no use for',
      { kind: 'forecast', forecast: { horizon: 3 } },
      'labels',
      /expected none/,
    ],
    [
      'a channel to forecast that is none',
      { kind: 'forecast', labels: [], forecast: { horizon: 3, channels: ['ecg', 'hr'] } },
      'forecast.channels.1',
      /"hr" is not a channel, expected one of ecg/,
    ],
    [
      'false alarms beyond half of the windows',
      { kind: 'anomaly', labels: [], anomaly: { falseAlarms: 0.6 } },
      'anomaly.falseAlarms',
      /0\.5/,
    ],
    [
      'layers that do not fit',
      { model: { layers: [{ type: 'dense', units: 2 }] } },
      'model',
      /layer 0 \(dense\) got \[187,1\], expected/,
    ],
    [
      'a model that no gateway holds',
      {
        model: {
          layers: [
            { type: 'flatten' },
            ...Array(3).fill({ type: 'dense', units: 4096 }),
            { type: 'dense', units: 2 },
          ],
        },
      },
      '',
      /^the model has 34340866 parameters, expected at most 2096128$/,
    ],
  ];
  for (const [what, change, field, text] of wrong) {
    it(`name field and reason for ${what}`, async () => {
      const preview = await previewTask('beats', { ...stored, ...change });
      assert.ok('text' in preview);
      if (field !== '') assert.equal(preview.field, field);
      assert.match(preview.text, text);
    });
  }
});

describe('the task node', () => {
  useNodeRed();
  const RED = { nodes: { getNode: (id: string) => helper.getNode(id) } } as never;
  const tab = { id: 'tab', type: 'tab', label: 'test' };

  it('offers its task to the coordinator', async () => {
    await helper.load(taskNodes, [tab, { id: 'task-1', type: 'ftte-task', name: 'beats', task: stored }]);
    assert.equal(taskNode(RED, 'task-1').task.labels.length, 2);
    assert.deepEqual(logged('warn', 'task-1'), []);
  });

  it('warns about a wrong task, and gives the reason to nodes that use it', async () => {
    await helper.load(taskNodes, [
      tab,
      { id: 'task-1', type: 'ftte-task', name: 'beats', task: { ...stored, labels: [] } },
    ]);
    assert.match(logged('warn', 'task-1').join(), /labels/);
    assert.throws(() => taskNode(RED, 'task-1').task, /labels/);
    assert.throws(() => taskNode(RED, 'gone'), /missing or disabled/);
    assert.throws(() => taskNode(RED, ''), /none is chosen/);
  });

  it('answers the dialog with figures, or with field and text', async () => {
    await helper.load(taskNodes, [tab]);
    const ask = async (body: object) =>
      (await helper.request().post('/ftte/task/preview').send(body)).body as Preview;
    assert.ok('parameters' in (await ask({ name: 'beats', task: stored })));
    assert.ok('text' in (await ask({ name: '', task: stored })));
    assert.ok('text' in (await ask({})));
  });
});
