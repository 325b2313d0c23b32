import { z } from 'zod';
import { checkSchema } from '../../platform';
import { fail, type Options, UsageError } from '../command/options';
import { openFolder } from './folder-access';
import { openNodeRed } from './node-red-access';

/** Members and open invitations of a coordinator. Times are texts of ISO 8601. */
const listSchema = z.object({
  federation: z.string(),
  fingerprint: z.string(),
  members: z.array(
    z.object({
      id: z.string(),
      fingerprint: z.string(),
      joined: z.string(),
      lastSeen: z.string(),
      note: z.string(),
      revoked: z.string().optional(),
    }),
  ),
  invitations: z.array(
    z.object({
      invitation: z.string(),
      made: z.string(),
      expires: z.string(),
      uses: z.number(),
      usesLeft: z.number(),
      note: z.string(),
      id: z.string().optional(),
    }),
  ),
  /** Of an invitation that was made now. */
  line: z.string().optional(),
});

export type MemberList = z.infer<typeof listSchema>;

/** An action on members, with its settings. */
export type MemberRequest = Readonly<Record<string, string | undefined>> & { readonly action: string };

/** The members of one coordinator, wherever they are. */
export interface MembersAccess {
  /** Does what is asked for. @throws FtteError with the reason why it cannot be done */
  act(request: MemberRequest): Promise<unknown>;
  close(): Promise<void>;
}

export const accessOptions = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  folder: { type: 'string' },
} as const;

const usualUrl = 'http://127.0.0.1:1880';

export const accessHelp = {
  url: `URL: The Node-RED whose coordinator it is, with its httpAdminRoot if it has one. Default: ${usualUrl}.`,
  'token-file':
    'FILE: An access token of its editor, in a file of one line, if Node-RED asks for a login (adminAuth).',
  folder:
    'FOLDER: Work on the folder of a coordinator instead, which must not be running: ~/.node-red/ftte/<federation node id>, or the folder of createCoordinator.',
} as const;

export const accessDetails = [
  'The folder belongs to the coordinator that runs, so by default the command asks the Node-RED in which it runs. Without',
  'Node-RED, use the methods of createCoordinator, or stop the coordinator and name its folder.',
].join('\n');

/**
 * Does one thing with the members of a coordinator.
 * @param federation empty if Node-RED runs one coordinator only
 * @throws UsageError, FtteError
 */
export async function actOnMembers(
  federation: string,
  options: Options,
  request: MemberRequest,
): Promise<MemberList> {
  const folder = options.text('folder');
  if (folder !== undefined && options.text('url') !== undefined)
    throw new UsageError('--url and --folder: expected one of them');
  if (folder !== undefined && federation === '')
    throw new UsageError('expected the name of one federation with --folder');
  const access =
    folder !== undefined
      ? await openFolder(folder, federation)
      : await openNodeRed(urlOf(options), options.text('token-file'), federation);
  try {
    const { data, issue } = checkSchema(listSchema, await access.act(request));
    if (data) return data;
    throw new UsageError(`the answer cannot be read (${issue.field}): is that a Node-RED with this package?`);
  } finally {
    await access.close();
  }
}

function urlOf(options: Options): URL {
  const text = options.text('url') ?? usualUrl;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    return fail('url', 'an address such as http://127.0.0.1:1880', text);
  return new URL(text.endsWith('/') ? text : `${text}/`);
}
