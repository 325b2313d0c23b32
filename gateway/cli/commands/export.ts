import { readFile } from 'node:fs/promises';
import { readStoredModel } from '../../coordinator';
import {
  decodeParameters,
  isParametersFile,
  metadataOf,
  writeLayersModel,
  writeModelFiles,
} from '../../interchange';
import { parseTask, type Task, taskModel } from '../../task';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { fail, type Options } from '../command/options';
import { readTask } from './read-task';

/** `ftte export`: exports a global model. */
export const exportCommand: Command = {
  name: 'export',
  summary: 'Write a global model as a LayersModel for TensorFlow.js and Keras.',
  positional: { name: 'SOURCE', expected: 'one folder or file' },
  options: {
    out: { type: 'string', short: 'o' },
    task: { type: 'string', short: 't' },
    current: { type: 'boolean' },
    logits: { type: 'boolean' },
  },
  optionHelp: {
    out: 'FOLDER: Folder for model.json and weights.bin.',
    task: 'TASK.json: The task, if SOURCE is a parameters file.',
    current: 'Write the newest version instead of the running average of recent ones.',
    logits: 'Leave out the softmax or sigmoid at the end.',
  },
  details: [
    'SOURCE is the folder of a coordinator, the folder of one model in it, a checkpoint, or a parameters file of',
    '`ftte import`. The command only reads it: the coordinator may be running.',
    'tf.loadLayersModel loads the files; tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras',
    'converts them to a Keras file. Task, labels, version and the normalisation of the input are in model.json, under',
    'userDefinedMetadata.ftte.',
    'Exit codes: 0 done, 1 reading or writing failed, 2 wrong arguments or files.',
  ].join('\n'),
  run,
};

interface Source {
  readonly task: Task;
  readonly parameters: Float32Array;
  readonly origin: { readonly lineage?: string; readonly version?: number };
}

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const out = options.required('out', 'a folder');
  const { task, parameters, origin } = await readSource(path, options.text('task'), options.flag('current'));
  const exported = writeLayersModel(taskModel(task), parameters, {
    name: task.name.replace(/[^A-Za-z0-9_-]+/g, '_'),
    metadata: metadataOf(task, origin),
    head: !options.flag('logits'),
  });
  const files = await writeModelFiles(out, exported);
  for (const remark of exported.remarks) context.err.write(`ftte: ${remark}\n`);
  const version = origin.version === undefined ? '' : `, version ${origin.version}`;
  context.out.write(`"${task.name}"${version}, ${parameters.length} parameters: ${files.join(', ')}\n`);
  return exitCodes.done;
}

async function readSource(path: string, taskPath: string | undefined, current: boolean): Promise<Source> {
  const start = await readFile(path).catch(() => new Uint8Array());
  if (isParametersFile(start)) {
    const expected = `the task of ${path}, which is a parameters file`;
    const task = await readTask(taskPath ?? fail('task', expected, undefined));
    return { task, parameters: decodeParameters(task, start), origin: {} };
  }
  const { task, parameters, lineage, version } = await readStoredModel(path);
  return {
    task: parseTask(task),
    parameters: current ? parameters.published : parameters.average,
    origin: { lineage, version },
  };
}
