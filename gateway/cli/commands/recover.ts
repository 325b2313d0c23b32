import { type InspectedModel, inspectModels, resetModels, restoreModel } from '../../coordinator';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { type Options, UsageError } from '../command/options';

/** `ftte recover`: shows and repairs the folder of a coordinator. */
export const recoverCommand: Command = {
  name: 'recover',
  summary: "Show which files of a coordinator's model are damaged, restore a backup, or start a new model.",
  positional: { name: 'FOLDER', expected: 'one folder' },
  options: {
    from: { type: 'string' },
    reset: { type: 'boolean' },
  },
  optionHelp: {
    from: 'BACKUP: Replace the files of the model by those of this backup of the folder.',
    reset:
      'Set the files of a model aside whose checkpoints are all damaged: the coordinator starts a new one.',
  },
  details: [
    'FOLDER is the folder of a coordinator (~/.node-red/ftte/<node id>/coordinator), or of one model in it. Without an',
    'option the command only reads it: the coordinator may be running. With one, the coordinator must be stopped or have',
    'refused the folder. Nothing is deleted: files that are replaced or set aside are renamed to FOLDER.damaged-1, or the',
    'next free number. Deploy or start the coordinator again afterwards.',
    'Exit codes: 0 done, or the model can be read; 1 it cannot be read, or writing failed; 2 wrong arguments or files.',
  ].join('\n'),
  run,
};

async function run(path: string, options: Options, { out }: CommandContext): Promise<number> {
  const from = options.text('from');
  if (from !== undefined && options.flag('reset'))
    throw new UsageError('--from and --reset: expected one of them');
  if (from !== undefined) {
    const { version, aside } = await restoreModel(path, from);
    out.write(`restored version ${version} of ${from}; the files before it are in ${aside}\n`);
    return exitCodes.done;
  }
  if (options.flag('reset')) {
    const aside = await resetModels(path);
    out.write(`the coordinator starts a new model; the files of before are in ${aside.join(', ')}\n`);
    return exitCodes.done;
  }
  const models = await inspectModels(path);
  for (const model of models) out.write(describe(model));
  return models.every(({ version }) => version !== undefined) ? exitCodes.done : exitCodes.failed;
}

function describe({ folder, version, files }: InspectedModel): string {
  const lines = files.map(
    ({ name, content, damage }) => `  ${name}  ${damage ? `DAMAGED: ${damage}` : content}`,
  );
  const state =
    version === undefined ? 'no checkpoint can be read' : `the coordinator continues from version ${version}`;
  return [`${folder}: ${state}`, ...lines, ''].join('\n');
}
