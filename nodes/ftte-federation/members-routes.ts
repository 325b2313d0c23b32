import type { NodeAPI } from 'node-red';
import { FtteError } from '../../gateway/platform';
import {
  actOnMembers,
  type FederationHandle,
  type MemberRequest,
  nodeError,
  postRoute,
  problemAnswer,
} from '../runtime';

/** A coordinator of this process that invites gateways. */
export interface CoordinatorEntry {
  /** Id of its federation node. */
  readonly node: string;
  readonly federation: string;
  readonly fingerprint: string;
}

type Handle = Pick<FederationHandle, 'federation' | 'members'>;

/**
 * `GET /ftte/federation/coordinators`: a list of `CoordinatorEntry`. `GET /ftte/federation/:id/members`: members, open
 * invitations, fingerprint and usual address; `{}` if the node does not invite. `POST` there does what `MemberRequest` asks
 * for, and answers with the same and what the action gave; `{ text, field }` with status 400 if it cannot be done, 404 if
 * the node does not invite.
 */
export function membersRoutes(RED: NodeAPI, handleOf: (nodeId: string) => Handle | undefined): void {
  RED.httpAdmin.get(
    '/ftte/federation/coordinators',
    RED.auth.needsPermission('ftte.read'),
    (_request, response) => {
      const found: CoordinatorEntry[] = [];
      RED.nodes.eachNode(({ id, type }) => {
        const { federation, members } = (type === 'ftte-federation' && handleOf(id)) || {};
        if (federation !== undefined && members)
          found.push({ node: id, federation, fingerprint: members.fingerprint });
      });
      response.json(found);
    },
  );
  const path = '/ftte/federation/:id/members';
  RED.httpAdmin.get(path, RED.auth.needsPermission('ftte.read'), (request, response) => {
    const handle = handleOf(String(request.params.id));
    response.json(handle?.members ? listed(handle) : {});
  });
  postRoute(RED, path, ['ftte.write'], (request, response) => {
    const handle = handleOf(String(request.params.id));
    if (!handle?.members) {
      response.status(404).json({ code: 'no-coordinator', text: notThere });
      return;
    }
    actOnMembers(handle.members, (request.body ?? {}) as MemberRequest)
      .then((given) => response.json({ ...listed(handle), ...given }))
      .catch((error) => {
        const field = error instanceof FtteError ? error.details['field'] : undefined;
        response.status(400).json({ ...problemAnswer(nodeError(RED, 'ftte-federation', error)), field });
      });
  });
}

const notThere =
  'no coordinator that invites gateways runs over this node: deploy it, and look at its status and at the log';

function listed({ federation, members }: Handle) {
  return {
    federation,
    fingerprint: members?.fingerprint,
    address: members?.address,
    members: members?.members,
    invitations: members?.invitations,
  };
}
