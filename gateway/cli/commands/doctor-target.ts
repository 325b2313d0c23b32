import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BrokerTarget } from '../../diagnosis';
import { messageOf } from '../../platform';
import { fail, type Options, UsageError } from '../command/options';

/** The broker that a diagnosis checks, and where Node-RED keeps its files. */
export interface DoctorTarget {
  /** Undefined: the machine alone is checked. */
  readonly target: BrokerTarget | undefined;
  /** The folder of the flows. */
  readonly folder: string | undefined;
}

/** A federation node as flows hold it. */
interface StoredFederation {
  readonly url: string | undefined;
  readonly federation: string | undefined;
  readonly gateway: string | undefined;
  readonly tlsFiles: Readonly<Record<string, string>>;
}

/** Reads the target from the options, and from a file of flows. @throws UsageError */
export async function readTarget(path: string | undefined, options: Options): Promise<DoctorTarget> {
  const stored = path === undefined ? undefined : await federationOf(path, options);
  const url = options.text('url') ?? stored?.url;
  const federation = options.text('federation') ?? stored?.federation;
  const folder = path === undefined ? undefined : dirname(path);
  if (url === undefined && federation === undefined && path === undefined)
    return { target: undefined, folder };
  if (url === undefined) return fail('url', 'the address of the broker', undefined);
  if (federation === undefined) return fail('federation', 'the name of the federation', undefined);
  const gateway = options.text('gateway') ?? stored?.gateway;
  const [username, role] = [options.text('user'), roleOf(options)];
  const password = await passwordOf(options);
  const tls = await tlsOf(options, stored?.tlsFiles ?? {});
  return {
    folder,
    target: {
      url: url.includes('://') ? url : `mqtt://${url}`,
      federation,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(gateway !== undefined && { gateway }),
      ...(role !== undefined && { role }),
      ...(tls && { tls }),
    },
  };
}

function roleOf(options: Options): BrokerTarget['role'] {
  const role = options.text('role');
  if (role === undefined || role === 'gateway' || role === 'coordinator') return role;
  return fail('role', 'gateway or coordinator', role);
}

async function passwordOf(options: Options): Promise<string | undefined> {
  const file = options.text('password-file');
  if (file === undefined) return undefined;
  const text = await contentOf('password-file', file);
  // Only the end of the line is not part of it.
  return text.toString('utf8').replace(/\r?\n$/, '');
}

async function tlsOf(options: Options, files: Readonly<Record<string, string>>) {
  const named = { ...files, ...(options.text('ca') !== undefined && { ca: options.text('ca') as string }) };
  const entries = await Promise.all(
    Object.entries(named).map(async ([name, file]) => [name, await contentOf('ca', file)] as const),
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** @throws UsageError */
async function contentOf(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(`--${option}: cannot read ${path}: ${messageOf(error)}`);
  }
}

/** The federation node of a file of flows. @throws UsageError */
async function federationOf(path: string, options: Options): Promise<StoredFederation> {
  const name = options.text('federation');
  const nodes = await nodesOf(path);
  const federations = nodes.filter(({ type }) => type === 'ftte-federation');
  const named = federations.filter(
    ({ federation }) => name === undefined || fromEnvironment(federation) === name,
  );
  const names = namesIn(federations, 'federation');
  if (named.length === 0) {
    const got = federations.length === 0 ? 'no federation node' : `federation nodes of ${names} only`;
    throw new UsageError(`${path}: expected a federation node${name ? ` of ${name}` : ''}, got ${got}`);
  }
  if (name === undefined && names.includes(', ')) return fail('federation', `one of ${names}`, undefined);
  const node = nodeOf(named, options.text('gateway'));
  const tls = nodes.find(({ id }) => id === node['tls'] && id !== undefined && id !== '');
  return {
    url: addressIn(node),
    federation: fromEnvironment(node['federation']),
    gateway: fromEnvironment(node['gateway']),
    tlsFiles: Object.fromEntries(
      (['ca', 'cert', 'key'] as const).flatMap((key) => {
        const file = fromEnvironment(tls?.[key]);
        return file ? [[key, file] as const] : [];
      }),
    ),
  };
}

/** Several nodes of one federation are several gateways. @throws UsageError */
function nodeOf(nodes: readonly StoredNode[], gateway: string | undefined): StoredNode {
  const [first = {}, ...others] = nodes;
  if (others.length === 0) return first;
  const node = nodes.find((each) => gateway !== undefined && fromEnvironment(each['gateway']) === gateway);
  return node ?? fail('gateway', `one of ${namesIn(nodes, 'gateway')}`, gateway);
}

/** The different values of a setting. */
function namesIn(nodes: readonly StoredNode[], setting: 'federation' | 'gateway'): string {
  return [...new Set(nodes.map((node) => fromEnvironment(node[setting]) ?? '(empty)'))].join(', ');
}

type StoredNode = Readonly<Record<string, unknown>>;

async function nodesOf(path: string): Promise<readonly StoredNode[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
  const isNode = (node: unknown): node is StoredNode => typeof node === 'object' && node !== null;
  if (Array.isArray(value) && value.every(isNode)) return value;
  throw new UsageError(`${path}: expected a list of nodes, as Node-RED writes flows.json`);
}

/** A hosted broker is on this machine. */
function addressIn(node: StoredNode): string | undefined {
  if ((fromEnvironment(node['broker']) ?? 'hosted') === 'url') return fromEnvironment(node['url']);
  return `mqtt://127.0.0.1:${fromEnvironment(node['port']) || 1883}`;
}

/** A setting as text, with variables of the environment as Node-RED fills them in. */
function fromEnvironment(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  return value.replace(/\$\{([^}]+)\}/g, (whole, name: string) => process.env[name] ?? whole);
}
