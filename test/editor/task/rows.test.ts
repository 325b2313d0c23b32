import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseTask, type TaskInput } from '../../../gateway/task';

interface Field {
  readonly id: string;
  readonly path: string;
  readonly options?: readonly string[];
  readonly absent?: true;
  readonly flag?: true;
  readonly hint?: string | number;
  readonly factor?: number;
  readonly empty?: number;
  readonly of?: readonly [field: string, values: readonly string[]];
}
interface Rows {
  readonly fields: readonly Field[];
  fieldAt(path: string): Field | undefined;
  placeOf(field: Field): { readonly tab: string; readonly label?: string } | undefined;
}

const file = join(__dirname, '..', '..', '..', 'resources', 'task-dialog', 'rows', 'index.mjs');

type Json = { [key: string]: Json | unknown };
const at = (object: unknown, path: string) =>
  path.split('.').reduce<unknown>((value, key) => (value as Json | undefined)?.[key], object);
function put(object: Json, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let place = object;
  for (const key of keys) {
    place[key] ??= {};
    place = place[key] as Json;
  }
  place[last] = value;
}

/** A task of each kind with as few settings as possible. */
const least = (kind: string): Json => ({
  name: 'least',
  kind,
  input: { channels: [{ name: 'x' }], rateHz: 50, length: 128, hop: 64 },
  ...(kind === 'classification' ? { labels: ['a', 'b'] } : {}),
  ...(kind === 'forecast' ? { forecast: { horizon: 10 } } : {}),
  ...(kind === 'anomaly' ? { anomaly: {} } : {}),
  model: { preset: kind === 'anomaly' ? 'autoencoder1d' : 'cnn1d' },
});

describe('the fields of the task dialog', () => {
  let rows: Rows;
  let fields: readonly Field[];
  before(async () => {
    rows = (await import(pathToFileURL(file).href)) as Rows;
    fields = rows.fields;
  });

  /** A task with defaults, but for the choice that the field belongs to. */
  function parsedFor({ of, path }: Field, value: string | undefined) {
    const chooser = fields.find(({ id }) => id === of?.[0]);
    const task = least(chooser?.id === 'kind' ? value! : 'classification');
    if (chooser && chooser.id !== 'kind') put(task, chooser.path, value);
    if (path.startsWith('warmStart')) task['warmStart'] = {};
    // The one setting without a default: the dialog writes it if the field is empty.
    const round = fields.find((each) => each.path === 'training.round.ms')!;
    if (chooser?.id === 'round' && value === 'time') put(task, round.path, round.empty! * round.factor!);
    return parseTask(task as TaskInput);
  }

  it('show in grey what a task takes if they are empty', () => {
    let compared = 0;
    for (const field of fields.filter(({ hint }) => typeof hint === 'number')) {
      for (const value of field.of?.[1] ?? [undefined]) {
        const taken = at(parsedFor(field, value), field.path);
        const shown = field.empty ?? field.hint;
        if (field.empty !== undefined) assert.equal(field.hint, field.empty, field.id);
        // SGD without a momentum has none: the dialog writes the one that it shows.
        if (field.id === 'momentum') continue;
        assert.equal(taken, Number(((shown as number) * (field.factor ?? 1)).toPrecision(12)), field.id);
        compared++;
      }
    }
    assert.ok(compared > 20, `${compared}`);
  });

  it('each have a place that a mistake can name', () => {
    for (const field of fields) {
      assert.equal(rows.fieldAt(field.path), field);
      assert.ok(rows.placeOf(field)?.label, field.id);
    }
    assert.equal(rows.fieldAt('forecast.channels.1')?.id, 'forecast-channels');
    assert.deepEqual(rows.placeOf(rows.fieldAt('selection.measureSamples')!), {
      tab: 'model',
      label: 'strategy',
    });
    assert.equal(rows.fieldAt('input.channels.0.spread'), undefined);
  });

  it('offer first, of choices, what a task takes by default', () => {
    for (const field of fields.filter(({ options }) => options)) {
      const taken = at(parsedFor(field, undefined), field.path);
      if (field.flag) {
        assert.equal(taken, undefined, field.id);
        assert.deepEqual(field.options, ['no', 'yes'], field.id);
      } else if (!field.absent) assert.equal(taken, field.options![0], field.id);
      else {
        // What a choice that is not saved stands for may depend on the rest of the task.
        assert.ok(taken === undefined || taken === field.options![0], field.id);
        const task = least('classification');
        put(task, field.path, field.options![0]);
        assert.deepEqual(parseTask(task as TaskInput), parsedFor(field, undefined), field.id);
      }
    }
  });

  it('offer no choice that a task refuses, and each field once', () => {
    for (const field of fields.filter(({ options }) => options)) {
      for (const option of field.options!) {
        const task = least(field.id === 'kind' ? option : 'classification');
        if (!field.flag) put(task, field.path, option);
        else if (option === 'yes') put(task, field.path, true);
        if (field.id === 'round' && option === 'time') put(task, 'training.round.ms', 1000);
        // Losses go with kinds.
        if (field.id === 'loss' && /squared|huber/.test(option)) {
          Object.assign(task, least('forecast'));
          delete task['labels'];
        }
        assert.doesNotThrow(() => parseTask(task as TaskInput), `${field.id} ${option}`);
      }
    }
    const paths = fields.map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length);
  });
});
