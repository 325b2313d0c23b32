import { describeValue, FtteError, isName } from '../../platform';
import { type RoleMessageType, type Route, routes } from '../../wire';

/** The start of all topics of a federation. */
function federationRoot(federation: string): string {
  return `ftte/v1/${requireName('federation', federation)}`;
}

/** The topic for a message of this type. `gateway` is the sender on a `gw` topic and the receiver on a `to` topic. */
export function topicOf(federation: string, type: RoleMessageType, gateway: string): string {
  const { branch } = routes[type];
  const root = federationRoot(federation);
  return branch === 'all'
    ? `${root}/all/${type}`
    : `${root}/${branch}/${requireName('gateway', gateway)}/${type}`;
}

/** A topic of the envelope itself, which carries no message of a role, from the coordinator to one gateway. */
export function envelopeTopic(federation: string, gateway: string, type: 'welcome' | 'refusal'): string {
  return `${federationRoot(federation)}/to/${requireName('gateway', gateway)}/${type}`;
}

/** The filter to which gateway `id` subscribes to receive this type. */
export function filterOf(federation: string, type: RoleMessageType, id: string): string {
  return routes[type].branch === 'gw'
    ? `${federationRoot(federation)}/gw/+/${type}`
    : topicOf(federation, type, id);
}

/** The gateway id and the type in a topic. Undefined if the topic does not belong to this federation. */
export function readTopic(
  federation: string,
  topic: string,
): { branch: Route['branch']; gateway: string | undefined; type: string } | undefined {
  const root = `${federationRoot(federation)}/`;
  if (!topic.startsWith(root)) return undefined;
  const [branch, second, third, ...more] = topic.slice(root.length).split('/');
  if (branch === 'all' && second && third === undefined) return { branch, gateway: undefined, type: second };
  if ((branch === 'gw' || branch === 'to') && second && third && more.length === 0)
    return { branch, gateway: second, type: third };
  return undefined;
}

/** Whether the broker retains messages of this type, which a topic names. */
export const isRetained = (type: string): boolean => routes[type as RoleMessageType]?.retain ?? false;

/**
 * The name, if a federation or a gateway may have it (docs/protocol.md, Names).
 * @param what the setting that holds the name, for the error
 * @throws FtteError `config-invalid`
 */
export function requireName(what: string, name: string): string {
  if (!isName(name))
    throw new FtteError(
      'config-invalid',
      `${what}: expected 1 to 64 letters, digits, dots, dashes or underscores, got ${describeValue(name)}`,
      { field: what },
    );
  return name;
}
