import { readFile, rename, writeFile } from 'node:fs/promises';
import { coordinatorFiles } from '../../client';
import { FolderLock, FtteError, isName, messageOf, systemClock, systemRandom } from '../../platform';
import {
  exportKey,
  type Identity,
  importKey,
  MembershipFile,
  openIdentity,
  saveIdentity,
} from '../../security';
import { type Command, type CommandContext, exitCodes } from '../command/command';
import { fail, type Options, UsageError } from '../command/options';

/** `ftte key`: moves the key of a coordinator to another machine. */
export const keyCommand: Command = {
  name: 'key',
  summary: "Export or import a coordinator's key, by which its gateways know it.",
  positional: { name: 'export|import', expected: 'one of export, import' },
  options: {
    folder: { type: 'string' },
    federation: { type: 'string' },
    'passphrase-file': { type: 'string' },
    file: { type: 'string', short: 'f' },
    members: { type: 'string' },
    'without-members': { type: 'boolean' },
    replace: { type: 'boolean' },
  },
  optionHelp: {
    folder:
      'FOLDER: The folder of the coordinator: ~/.node-red/ftte/<federation node id>, or the folder of createCoordinator.',
    federation: 'NAME: Its federation, for an export.',
    'passphrase-file': 'FILE: A passphrase of at least 12 characters, in a file of one line.',
    file: 'FILE: The exported key, to be written or read. Default: standard output, for an export.',
    members: 'FILE: For an import: a copy of security/members.bin of the old machine.',
    'without-members': 'For an import: begin with no members. All gateways have to be invited again.',
    replace: 'For an import: another key in the folder is renamed to coordinator.key.before, and replaced.',
  },
  details: [
    'A gateway knows its coordinator by its key. On a new machine without it, gateways say that somebody else claims to be the',
    'coordinator, and stop. Moving the whole folder of the coordinator is best: it has the model and the members, too. An',
    'import needs the coordinator to be stopped; an export does not.',
    'Exit codes: 0 done, 1 files cannot be read or written, 2 wrong arguments or passphrase.',
  ].join('\n'),
  run,
};

async function run(action: string, options: Options, context: CommandContext): Promise<number> {
  if (action !== 'export' && action !== 'import')
    throw new UsageError(`expected one of export, import, got ${JSON.stringify(action)}`);
  const folder = options.required('folder', 'a folder');
  const passphrase = await lineOf(options.required('passphrase-file', 'a file'), 'passphrase-file');
  return action === 'export'
    ? exportTo(folder, passphrase, options, context)
    : importInto(folder, passphrase, options, context);
}

async function exportTo(
  folder: string,
  passphrase: string,
  options: Options,
  { out }: CommandContext,
): Promise<number> {
  const federation = options.required('federation', 'the name of the federation');
  if (!isName(federation)) return fail('federation', 'a name', federation);
  const text = await exportKey(await identityIn(folder), federation, passphrase);
  const file = options.text('file');
  if (file === undefined) {
    out.write(text);
    return exitCodes.done;
  }
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (error) {
    throw new FtteError('storage', `cannot write ${file}: ${messageOf(error)}`);
  }
  out.write(`wrote ${file}\n`);
  return exitCodes.done;
}

async function identityIn(folder: string): Promise<Identity> {
  const { key } = coordinatorFiles(folder);
  return (await openIdentity({ path: key, role: 'coordinator', mustExist: true })).identity;
}

async function importInto(
  folder: string,
  passphrase: string,
  options: Options,
  { out }: CommandContext,
): Promise<number> {
  const from = options.text('members');
  if (from !== undefined && options.flag('without-members'))
    throw new UsageError('--members and --without-members: expected one of them');
  const { identity, federation } = await importKey(
    await textOf(options.required('file', 'the exported key'), 'file'),
    passphrase,
  );
  const files = coordinatorFiles(folder);
  const lock = new FolderLock(files.lock, {
    clock: systemClock,
    random: systemRandom(),
    onLost: () => undefined,
  });
  await lock.acquire();
  try {
    const store = new MembershipFile(files.members);
    const found = await store.exists();
    if (!found && from === undefined && !options.flag('without-members'))
      throw new UsageError(
        `${files.members} is missing: copy it from the old machine, or name a copy (--members), or begin without members (--without-members)`,
      );
    await setKey(files.key, identity, options.flag('replace'));
    if (from !== undefined) await copyMembers(from, store);
    else if (!found) await store.save({});
    out.write(
      `${folder} has the key ${identity.fingerprint} of the federation ${federation}. Start its coordinator there, and nowhere else\n`,
    );
    return exitCodes.done;
  } finally {
    await lock.release();
  }
}

async function setKey(path: string, identity: Identity, replace: boolean): Promise<void> {
  const present = await openIdentity({ path, role: 'coordinator', mustExist: true }).catch((error) => {
    if (error instanceof FtteError && error.details['reason'] === 'key-lost') return undefined;
    if (replace) return 'unreadable' as const;
    throw error;
  });
  if (present !== undefined && present !== 'unreadable') {
    if (present.identity.fingerprint === identity.fingerprint) return;
    if (!replace)
      throw new UsageError(
        `${path} holds another key, ${present.identity.fingerprint}: to replace it by ${identity.fingerprint}, give --replace`,
      );
  }
  if (present !== undefined) await rename(path, `${path}.before`);
  await saveIdentity(path, identity);
}

async function copyMembers(path: string, store: MembershipFile): Promise<void> {
  const copy = new MembershipFile(path);
  if (!(await copy.exists()))
    throw new UsageError(`--members: expected a copy of members.bin, got ${path}, which is missing`);
  await store.save(await copy.load());
}

async function textOf(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--${option}: cannot read ${path}: ${messageOf(error)}`);
  }
}

const lineOf = async (path: string, option: string) => (await textOf(path, option)).replace(/\r?\n$/, '');
