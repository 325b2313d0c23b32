import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CoordinatorSettings, MemberSettings } from '../../client';
import { describeValue, FtteError, isObject, messageOf, readJson } from '../../platform';
import { readTask } from '../files/read-task';

/** The role of a file, with the options of the front door; the front door checks them. */
export type ServedRole =
  | { readonly kind: 'coordinator'; readonly options: CoordinatorSettings }
  | { readonly kind: 'gateway'; readonly options: MemberSettings };

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the role that a file describes. Paths in it begin at its folder, and `${NAME}` is a variable of the environment.
 * @throws FtteError `config-invalid` naming the file and the field; as `readTask` if the task is a file
 */
export async function readServeFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ServedRole> {
  const content = filledIn(await readJson(path, 'config-invalid'), path, environment);
  const roles = isObject(content) ? Object.keys(content) : [];
  const [kind] = roles;
  const given = isObject(content) && kind !== undefined ? content[kind] : undefined;
  if ((kind !== 'coordinator' && kind !== 'gateway') || roles.length > 1 || !isObject(given)) {
    const got = roles.length > 0 ? roles.join(', ') : describeValue(content);
    throw invalid(
      path,
      'role',
      `expected an object of options in one field, coordinator or gateway, got ${got}`,
    );
  }
  const at = (file: string) => resolve(dirname(path), file);
  const options = {
    ...given,
    ...(typeof given['folder'] === 'string' && { folder: at(given['folder']) }),
    ...(isObject(given['tls']) && { tls: await certificates(given['tls'], path, at) }),
    ...(isObject(given['broker']) && { broker: withPaths(given['broker'], at) }),
    ...(isObject(given['partOf']) && { partOf: await aboveWithPaths(given['partOf'], path, at) }),
  };
  if (kind === 'gateway') return { kind, options: options as unknown as MemberSettings };
  const { task } = given;
  const read = typeof task === 'string' ? { task: await readTask(at(task)) } : {};
  return { kind, options: { ...options, ...read } as unknown as CoordinatorSettings };
}

const invalid = (path: string, field: string, text: string) =>
  new FtteError('config-invalid', `${path}: ${field}: ${text}`, { field });

/** All texts with the variables that they name. */
function filledIn(
  value: unknown,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  if (typeof value === 'string')
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const found = environment[name];
      if (found !== undefined) return found;
      throw invalid(path, name, 'expected a variable of the environment, got none');
    });
  if (Array.isArray(value)) return value.map((item) => filledIn(item, path, environment));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, filledIn(item, path, environment)]),
  );
}

/** Certificates and keys of `tls`, each as it is or read from a file. */
async function certificates(
  tls: Fields,
  path: string,
  at: (file: string) => string,
  field = 'tls',
): Promise<Fields> {
  const read = async (name: string, value: unknown) => {
    const isFile =
      ['ca', 'cert', 'key'].includes(name) && typeof value === 'string' && !value.includes('-----');
    if (!isFile) return value;
    return readFile(at(value)).catch((error) => {
      throw invalid(
        path,
        `${field}.${name}`,
        `expected a file that can be read, got ${value}: ${messageOf(error)}`,
      );
    });
  };
  const entries = Object.entries(tls).map(async ([name, value]) => [name, await read(name, value)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The federation above, with its files. */
async function aboveWithPaths(above: Fields, path: string, at: (file: string) => string): Promise<Fields> {
  const { folder, tls } = above;
  return {
    ...above,
    ...(typeof folder === 'string' && { folder: at(folder) }),
    ...(isObject(tls) && { tls: await certificates(tls, path, at, 'partOf.tls') }),
  };
}

/** The settings of a hosted broker, with its files. */
function withPaths(broker: Fields, at: (file: string) => string): Fields {
  const paths = (fields: Fields, names: readonly string[]) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        names.includes(name) && typeof value === 'string' ? at(value) : value,
      ]),
    );
  const { tls } = broker;
  return {
    ...paths(broker, ['usersFile']),
    ...(isObject(tls) && { tls: paths(tls, ['certFile', 'keyFile']) }),
  };
}
