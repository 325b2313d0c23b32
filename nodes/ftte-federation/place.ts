import { hostname } from 'node:os';
import type { NodeAPI } from 'node-red';
import { systemClock, systemRandom } from '../../gateway/platform';
import { type NodeReports, userFolder } from '../runtime';
import type { Place } from './config';
import { existingBroker } from './existing-broker';
import { OwnIds } from './own-ids';

/** Holds the invitation of gateways whose flow is the same on many machines. */
const variable = 'FTTE_INVITATION';

const ids = new OwnIds({ host: hostname(), random: systemRandom() });

/**
 * The place of a federation node, deployed or not.
 * @param reports of a node that starts: it keeps the id that is drawn for it
 */
export function placeOf(RED: NodeAPI, nodeId: string, reports?: NodeReports): Place {
  const invitation = process.env[variable]?.trim();
  const folder = userFolder(RED, { id: nodeId });
  const own = { nodeId, folder, users: () => usersOf(RED, nodeId).map((id) => userFolder(RED, { id })) };
  return {
    ownId: () => (reports ? ids.keep(own, (text, code) => reports.warn(text, code)) : ids.peek(own)),
    folder,
    existing: (id) => existingBroker(RED, id),
    clock: systemClock,
    ...(invitation && { invitation }),
  };
}

/** Draws another id for the next start of a federation node whose id was drawn. @throws FtteError `storage` */
export const renewOwnId = (folder: string): void => ids.renew({ folder });

/** Ids of the nodes that use a federation node. */
function usersOf(RED: NodeAPI, nodeId: string): string[] {
  const users: string[] = [];
  RED.nodes.eachNode((node) => {
    if ((node as { federation?: unknown }).federation === nodeId) users.push(node.id);
  });
  return users;
}
