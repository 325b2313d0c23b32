import { join } from 'node:path';
import { type Clock, FtteError } from '../../platform';
import {
  type BrokerCredentials,
  brokerLogin,
  type Invitation,
  type OwnMembership,
  proofKeyOf,
  readInvitation,
  readOwnMembership,
  refusalOf,
} from '../../security';

/** Means of a gateway to join: a folder, an invitation, or both; and settings that have to fit. */
export interface GatewayFactsOptions {
  /** The folder of the gateway. */
  readonly folder: string;
  /** The text of the invitation. Not needed once the gateway is a member. */
  readonly invitation?: string | undefined;
  /** Settings that the caller gives, and which have to fit. */
  readonly federation?: string | undefined;
  readonly id?: string | undefined;
  readonly clock: Clock;
}

/** The names and the address of a gateway that joins by an invitation, before its key is opened. */
export interface GatewayFacts {
  readonly known: OwnMembership | undefined;
  /** If this gateway still needs it, or may need it once more. */
  readonly invitation: Invitation | undefined;
  readonly federation: string;
  /** Undefined if it is made from the key of the gateway. */
  readonly gateway: string | undefined;
  readonly broker: string;
  readonly coordinator: OwnMembership['coordinator'];
  readonly authority: Uint8Array | undefined;
  /** User and password at the broker, if it needs them. */
  credentialsOf(gateway: string): BrokerCredentials | undefined;
}

/** The files of a gateway that joins by an invitation. */
export const gatewayFiles = (folder: string) => ({
  key: join(folder, 'security', 'gateway.key'),
  membership: join(folder, 'security', 'membership.bin'),
  run: join(folder, 'security', 'run'),
});

/**
 * Reads what the folder and the invitation say, in one turn of the event loop. Undefined if there is neither.
 * @throws SecurityError as `readInvitation`, `membership-damaged`; FtteError `config-invalid` if a setting does not fit;
 * `storage`
 */
export function gatewayFacts(options: GatewayFactsOptions): GatewayFacts | undefined {
  const known = readOwnMembership(gatewayFiles(options.folder).membership);
  const invitation = invitationFor(options, known);
  const source = invitation ?? known;
  if (!source) return undefined;
  const { federation, broker, coordinator, credentials, authority } = source;
  requireSame('federation', options.federation, known?.federation ?? invitation?.federation);
  const gateway = known?.gateway ?? options.id ?? invitation?.suggestedId;
  if (gateway !== undefined) requireSame('id', options.id, gateway);
  return {
    known,
    invitation,
    federation,
    gateway,
    broker,
    coordinator,
    authority,
    credentialsOf: (id) => (invitation?.ownLogin ? loginOf(invitation, id) : credentials),
  };
}

function loginOf({ id, secret, federation }: Invitation, gateway: string): BrokerCredentials {
  const key = { id: Buffer.from(id).toString('hex'), proofKey: proofKeyOf(secret) };
  return brokerLogin(key, federation, gateway);
}

/** The invitation, if there is one that this gateway still needs, or may need once more. */
function invitationFor(
  { invitation: text, clock }: GatewayFactsOptions,
  known: OwnMembership | undefined,
): Invitation | undefined {
  if (text === undefined) return undefined;
  const federation = known ? { federation: known.federation } : {};
  try {
    const invitation = readInvitation(text, { nowMs: clock.now(), ...federation });
    if (!known || known.coordinator.equals(invitation.coordinator)) return invitation;
  } catch (error) {
    // Whoever is a member does not need it any more.
    if (known?.admitted && refusalOf(error) === 'invitation-expired') return undefined;
    throw error;
  }
  throw new FtteError(
    'config-invalid',
    'invitation: expected one of the coordinator whose key this folder has pinned, got one of another coordinator. To join ' +
      'that one, use another folder',
    { field: 'invitation', reason: 'other-coordinator' },
  );
}

function requireSame(field: string, given: string | undefined, found: string | undefined): void {
  if (given === undefined || found === undefined || given === found) return;
  throw new FtteError(
    'config-invalid',
    `${field}: expected ${found}, which is that of the invitation or of this folder, got ${given}`,
    { field },
  );
}
