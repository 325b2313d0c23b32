import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { checkSchema, FtteError, messageOf } from '../../platform';
import { UsageError } from '../command/options';
import type { MembersAccess } from './access';

const coordinatorsSchema = z.array(z.object({ node: z.string(), federation: z.string() }));
type Coordinator = z.infer<typeof coordinatorsSchema>[number];

/**
 * The members of a coordinator that runs in Node-RED, by the routes of its editor.
 * @param federation empty: the only one
 * @throws UsageError, FtteError `offline`
 */
export async function openNodeRed(
  url: URL,
  tokenFile: string | undefined,
  federation: string,
): Promise<MembersAccess> {
  const token = tokenFile === undefined ? undefined : await tokenIn(tokenFile);
  const ask = async (path: string, body?: unknown) => {
    const answer = await request(new URL(path, url), token, body);
    if (answer.status === 401 || answer.status === 403)
      throw new FtteError(
        'config-invalid',
        `${url.origin} asks for a login: give --token-file with an access token that may ${body === undefined ? 'read' : 'change'} flows`,
        { field: 'token-file' },
      );
    const content: unknown = await answer.json().catch(() => undefined);
    if (answer.ok && content !== undefined) return content;
    const text = (content as { text?: unknown } | undefined)?.text;
    throw new FtteError(
      'config-invalid',
      typeof text === 'string'
        ? text
        : `${url.href} answers ${answer.status}: is that a Node-RED with this package?`,
    );
  };
  const { data: found } = checkSchema(coordinatorsSchema, await ask('ftte/federation/coordinators'));
  if (!found) throw new UsageError(`${url.href} gave no list of coordinators`);
  const path = `ftte/federation/${encodeURIComponent(chosen(found, federation, url).node)}/members`;
  return { act: (action) => ask(path, action), close: async () => undefined };
}

function chosen(found: readonly Coordinator[], federation: string, url: URL): Coordinator {
  const fitting = found.filter((one) => federation === '' || one.federation === federation);
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  const names = [...new Set(found.map((one) => one.federation))].join(', ');
  throw new UsageError(
    found.length === 0
      ? `no coordinator that invites gateways runs at ${url.href}`
      : `expected the name of one federation whose coordinator runs there (${names}), got ${federation === '' ? 'none' : `"${federation}"`}`,
  );
}

async function tokenIn(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new UsageError(`--token-file: cannot read ${path}: ${messageOf(error)}`);
  }
}

async function request(url: URL, token: string | undefined, body: unknown): Promise<Response> {
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  try {
    return await fetch(
      url,
      body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
    );
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    throw new FtteError(
      'offline',
      `${url.origin} cannot be reached (${messageOf(cause ?? error)}): does Node-RED run there? With a coordinator that is stopped, use --folder`,
    );
  }
}
