import { stat } from 'node:fs/promises';
import {
  encodeParameters,
  type ImportedModel,
  readModelFile,
  taskOfModel,
  taskWithModel,
} from '../../interchange';
import { writeAtomically } from '../../platform';
import { parametersFingerprint, parseTask, type Task } from '../../task';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';
import { readTask } from '../files/read-task';

/** `ftte import`: imports a trained model. */
export const importCommand: Command = {
  name: 'import',
  summary: 'Convert a trained model from Keras or TensorFlow.js into a task.',
  positional: { name: 'model.json', expected: 'one model.json' },
  options: {
    task: { type: 'string', short: 't' },
    out: { type: 'string', short: 'o' },
    overwrite: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    task: 'TASK.json: Put the layers into this task, if they fit. Default: a skeleton of a task to fill in.',
    out: 'TASK.json: Write the task here, and its parameters beside it as TASK.parameters.',
    overwrite: 'Replace existing files.',
    json: 'Print a description of the model as JSON.',
  },
  details: [
    'Reads the model.json of a TensorFlow.js LayersModel with the files of weights beside it, as model.save() and',
    'tensorflowjs_converter --output_format=tfjs_layers_model (Keras 2 and 3) write it. A softmax or sigmoid at the end',
    'becomes the loss. The error for an unsupported layer names the layer.',
    'Give the task to ftte-task (or `ftte plan`), and the parameters to ftte-coordinate: its version 0 starts from them.',
    'Without --out it writes nothing and only describes the file.',
    'Exit codes: 0 done, 1 writing failed, 2 wrong arguments or files.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const [out, taskPath] = [options.text('out'), options.text('task')];
  const given = taskPath === undefined ? undefined : await readTask(taskPath);
  const input = given && ([given.input.length, given.input.channels.length] as const);
  const model = await readModelFile(path, input ? { input } : {});
  const written = given ? taskWithModel(given, model) : taskOfModel(model);
  const task = parseTask({ ...written, initial: parametersFingerprint(model.parameters) });
  const files: string[] = [];
  if (out !== undefined) {
    const beside = `${out.replace(/\.json$/i, '')}.parameters`;
    if (!options.flag('overwrite')) for (const file of [out, beside]) await refuseExisting(file);
    await writeAtomically(beside, encodeParameters(task, model.parameters));
    await writeAtomically(out, `${JSON.stringify({ ...written, initial: task.initial }, null, 2)}\n`);
    files.push(out, beside);
  }
  for (const remark of model.remarks) context.err.write(`ftte: ${remark}\n`);
  const text = options.flag('json')
    ? `${JSON.stringify(factsOf(task, model, files), null, 2)}\n`
    : reportOf(task, model, files, !given);
  context.out.write(text);
  return exitCodes.done;
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new UsageError(`${path} already exists: --overwrite replaces it`);
}

function factsOf(task: Task, model: ImportedModel, files: readonly string[]) {
  const { name, input, output, layers, head, parameters, remarks } = model;
  return {
    name,
    input,
    output,
    layers,
    head,
    parameters: parameters.length,
    initial: task.initial,
    remarks,
    files,
  };
}

function reportOf(task: Task, model: ImportedModel, files: readonly string[], isSkeleton: boolean): string {
  const { name, input, output, layers, head, parameters } = model;
  const end = head === 'none' ? '' : `, then ${head} (left to the loss)`;
  return [
    `"${name}": [${input.join(', ')}] to [${output.join(', ')}]${end}, ${parameters.length} parameters`,
    ...layers.map((layer, index) => `  ${String(index).padStart(2)}  ${JSON.stringify(layer)}`),
    ...(files.length > 0
      ? [`written: ${files.join(', ')}`]
      : ['nothing is written: --out TASK.json writes a task']),
    ...(isSkeleton && files.length > 0 && !model.metadata
      ? [
          `fill in what the file does not contain: rateHz, hop, channels${task.labels.length > 0 ? ', labels' : ''}`,
        ]
      : []),
    '',
  ].join('\n');
}
