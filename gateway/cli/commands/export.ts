import { metadataOf, writeLayersModel, writeModelFiles } from '../../interchange';
import { taskModel } from '../../task';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import type { Options } from '../command/options';
import { readFederationModel } from '../files/read-model';

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

async function run(path: string, options: Options, context: CommandContext): Promise<number> {
  const out = options.required('out', 'a folder');
  const { task, parameters, origin } = await readFederationModel(path, {
    taskPath: options.text('task'),
    isCurrent: options.flag('current'),
  });
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
