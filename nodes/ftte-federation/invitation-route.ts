import type { NodeAPI } from 'node-red';
import type { Standing } from '../../gateway/client';
import { FtteError } from '../../gateway/platform';
import { joinRefusalText } from '../../gateway/security';
import { nodeError, postRoute, problemAnswer } from '../runtime';
import { federationConfig } from './config';
import { credentialsOf } from './diagnosis-route';
import { placeOf } from './place';

/** The facts of an invitation, for the dialog. It holds no secret. */
export interface InvitationAnswer {
  readonly federation: string;
  readonly gateway: string;
  readonly broker: string;
  /** ISO 8601; absent if the gateway has joined and needs the invitation no more. */
  readonly expires?: string;
  readonly uses?: number;
  /** The gateway has joined, now or in an earlier run. */
  readonly isMember: boolean;
  /** Why the coordinator does not let the deployed gateway in. */
  readonly refusal?: string;
}

/** A node that runs. */
interface Running {
  readonly standing: Standing | undefined;
}

/**
 * `POST /ftte/federation/invitation` with the settings of the dialog: an `InvitationAnswer`, or a `ProblemAnswer` with `reason` if the text
 * is no invitation that this gateway can use.
 */
export function invitationRoute(RED: NodeAPI, runningOf: (nodeId: string) => Running | undefined): void {
  postRoute(RED, '/ftte/federation/invitation', ['ftte.write'], (request, response) => {
    const body: unknown = request.body;
    const asked = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    try {
      response.json(answer(RED, asked, runningOf));
    } catch (error) {
      const reason = error instanceof FtteError ? error.details['reason'] : undefined;
      response.json({ ...problemAnswer(nodeError(RED, 'ftte-federation', error)), reason });
    }
  });
}

function answer(
  RED: NodeAPI,
  asked: Readonly<Record<string, unknown>>,
  runningOf: (nodeId: string) => Running | undefined,
): InvitationAnswer {
  const id = typeof asked['id'] === 'string' && asked['id'] !== '' ? asked['id'] : 'node';
  const credentials = credentialsOf(RED, asked);
  const { federation, gatewayId, broker, facts } = federationConfig(
    placeOf(RED, id),
    { ...asked, membership: 'invitation' },
    credentials,
  );
  const { invitation, known } = facts ?? {};
  const standing = runningOf(id)?.standing;
  return {
    federation,
    gateway: gatewayId,
    broker: broker.kind === 'url' ? broker.url : '',
    isMember: standing === 'member' || (standing === undefined && known?.admitted === true),
    ...(invitation && { expires: new Date(invitation.expiresMs).toISOString(), uses: invitation.uses }),
    ...(standing && standing !== 'member' && { refusal: joinRefusalText[standing] }),
  };
}
