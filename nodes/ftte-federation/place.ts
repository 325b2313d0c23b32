import type { NodeAPI } from 'node-red';
import { systemClock } from '../../gateway/platform';
import { userFolder } from '../runtime';
import type { Place } from './config';

/** Holds the invitation of gateways whose flow is the same on many machines. */
const variable = 'FTTE_INVITATION';

/** The place of a federation node, deployed or not. */
export function placeOf(RED: NodeAPI, nodeId: string): Place {
  const invitation = process.env[variable]?.trim();
  return {
    nodeId,
    folder: userFolder(RED, { id: nodeId }),
    clock: systemClock,
    ...(invitation && { invitation }),
  };
}
