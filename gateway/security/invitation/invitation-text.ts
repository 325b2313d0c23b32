import { crc32, cut, isName } from '../../platform';
import { Fields } from '../cbor/fields';
import { PublicKey, publicKeyBytes } from '../keys/public-key';
import { invitationIdBytes } from '../pair/hello';
import { SecurityError } from '../rules/security-error';
import {
  encodeInvitation,
  type Invitation,
  invitationSecretBytes,
  isBrokerUrl,
  invitationLabel as label,
  mostAuthority,
  mostCredential,
  mostUrl,
  mostUses,
} from './invitation';

/** The number after the word is the version of the form. */
const prefix = 'ftte1:';
/** u16 length of the content, and a byte that checks it: a mistake there would look like a text that is cut off. */
const headBytes = 3;
/** u32 CRC-32 of all bytes before it. */
const checkBytes = 4;
/** Characters that are looked at. */
const mostCharacters = 8192;

/** The invitation as one line of text: `ftte1:` and base64url of length, content and checksum (P-23). */
export function invitationText(invitation: Invitation): string {
  const content = encodeInvitation(invitation);
  const bytes = Buffer.alloc(headBytes + content.length + checkBytes);
  bytes.writeUInt16BE(content.length);
  bytes[2] = headCheck(bytes);
  bytes.set(content, headBytes);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -checkBytes)), headBytes + content.length);
  return `${prefix}${bytes.toString('base64url')}`;
}

/** Facts of the machine that reads an invitation. */
export interface InvitationReader {
  /** Time of the machine, ms since the epoch. */
  readonly nowMs: number;
  /** The federation that this gateway already belongs to, if there is one. */
  readonly federation?: string;
}

/**
 * The invitation in a text that a person pasted. White space, line breaks and quotes around it or inside it do not matter.
 * @throws SecurityError `invitation-form`, `invitation-version`, `invitation-cut`, `invitation-mistyped`,
 * `invitation-expired` or `invitation-federation`, each with what to ask for
 */
export function readInvitation(text: string, { nowMs, federation }: InvitationReader): Invitation {
  const invitation = parse(text);
  if (federation !== undefined && invitation.federation !== federation)
    throw new SecurityError(
      'invitation-federation',
      `the invitation is for the federation ${invitation.federation}, and this gateway belongs to ${federation}. ` +
        'Ask for an invitation to that one, or use this one in a federation node of its own',
    );
  if (nowMs >= invitation.expiresMs)
    throw new SecurityError(
      'invitation-expired',
      `the invitation expired at ${timeOf(invitation.expiresMs)}, and the clock of this machine says ${timeOf(nowMs)}. ` +
        'If the clock is right, ask for a new invitation',
    );
  return invitation;
}

function parse(text: string): Invitation {
  const line = text.slice(0, mostCharacters).replace(/[\s"'`<>\u200b\ufeff]/g, '');
  const start = /ftte(\d{1,3}):/i.exec(line);
  if (!start)
    throw new SecurityError(
      'invitation-form',
      `the text holds no ${prefix}, so it is no invitation. Copy the whole line that the coordinator shows`,
    );
  if (start[1] !== '1')
    throw new SecurityError(
      'invitation-version',
      `the invitation has form ${start[1]}, this software reads form 1. Update it, or ask for an invitation of form 1`,
    );
  const body = line.slice(start.index + start[0].length);
  const wrong = /[^A-Za-z0-9_-]/.exec(body);
  if (wrong) throw mistyped(`the character ${JSON.stringify(cut(wrong[0], 8))} is in none`);
  const bytes = Buffer.from(body, 'base64url');
  if (bytes.length < headBytes) throw cutOff(`only ${body.length} characters are there`);
  if (bytes[2] !== headCheck(bytes)) throw mistyped('its checksum differs');
  const end = headBytes + bytes.readUInt16BE(0) + checkBytes;
  if (bytes.length < end) throw cutOff(`${bytes.length} of ${end} bytes are there`);
  const fits = bytes.readUInt32BE(bytes.length - checkBytes) === crc32(bytes.subarray(0, -checkBytes));
  if (bytes.length > end || !fits) throw mistyped('its checksum differs');
  return contentOf(bytes.subarray(headBytes, -checkBytes));
}

/** The last byte of the CRC-32 of the length. */
const headCheck = (bytes: Buffer) => crc32(bytes.subarray(0, 2)) & 0xff;

function contentOf(bytes: Uint8Array): Invitation {
  try {
    const fields = Fields.decode(bytes, 'the invitation', 'invitation-mistyped');
    const credentials = fields.has(label.user) && {
      credentials: {
        user: fields.text(label.user, 'user', { max: mostCredential }),
        password: fields.text(label.password, 'password', { max: mostCredential }),
      },
    };
    return {
      federation: fields.checked(label.federation, 'federation', isName, 'a name'),
      broker: fields.checked(
        label.broker,
        'broker',
        isBrokerUrl,
        `an address of at most ${mostUrl} characters`,
      ),
      coordinator: PublicKey.of(fields.bytes(label.coordinator, 'coordinator', { max: publicKeyBytes })),
      id: Uint8Array.from(fields.bytes(label.id, 'id', { max: invitationIdBytes })),
      secret: Uint8Array.from(fields.bytes(label.secret, 'secret', { max: invitationSecretBytes })),
      expiresMs: 1000 * fields.count(label.expires, 'expires', 2 ** 40),
      uses: fields.count(label.uses, 'uses', mostUses),
      ...credentials,
      ...(fields.has(label.suggestedId) && {
        suggestedId: fields.checked(label.suggestedId, 'suggestedId', isName, 'a name'),
      }),
      ...(fields.has(label.ownLogin) && { ownLogin: fields.count(label.ownLogin, 'ownLogin', 1) === 1 }),
      ...(fields.has(label.authority) && {
        authority: Uint8Array.from(
          fields.bytes(label.authority, 'authority', { min: 1, max: mostAuthority }),
        ),
      }),
    };
  } catch (error) {
    if (!(error instanceof SecurityError) || error.reason === 'invitation-mistyped') throw error;
    // The checksum is right, so the program that made the text is at fault.
    throw mistyped(error.message);
  }
}

function cutOff(problem: string): SecurityError {
  return new SecurityError(
    'invitation-cut',
    `the invitation is cut off, or characters are missing: ${problem}. Copy the whole line to its end`,
  );
}

function mistyped(problem: string): SecurityError {
  return new SecurityError(
    'invitation-mistyped',
    `the invitation was changed on its way: ${problem}. Copy it instead of typing it, or ask for it again`,
  );
}

const timeOf = (ms: number) => new Date(Math.min(ms, 8.64e15)).toISOString().replace(/\.\d+Z$/, 'Z');
