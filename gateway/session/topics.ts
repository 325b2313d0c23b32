import { describeValue, FtteError } from '../platform';
import { isName, type RoleMessageType, type Route, routes } from '../wire';

/** All topics of a federation begin with this. */
function federationRoot(federation: string): string {
  return `ftte/v1/${requireName('federation', federation)}`;
}

/** The topic for a message of this type; `gateway` is the sender for `gw`, the receiver for `to`. */
export function topicOf(federation: string, type: RoleMessageType, gateway: string): string {
  const { branch } = routes[type];
  const root = federationRoot(federation);
  return branch === 'all'
    ? `${root}/all/${type}`
    : `${root}/${branch}/${requireName('gateway', gateway)}/${type}`;
}

/** What to subscribe to in order to hear this type as gateway `id`. */
export function filterOf(federation: string, type: RoleMessageType, id: string): string {
  return routes[type].branch === 'gw'
    ? `${federationRoot(federation)}/gw/+/${type}`
    : topicOf(federation, type, id);
}

/** The gateway id and type a topic speaks of; undefined where the topic is none of this federation's. */
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

/**
 * The name, where it is one that a federation or a gateway may have (docs/protocol.md, Names).
 * @param what the setting it came from, for the error
 * @throws FtteError `config-invalid`
 */
export function requireName(what: string, name: string): string {
  if (!isName(name))
    throw new FtteError(
      'config-invalid',
      `${what} is ${describeValue(name)}, wants 1 to 64 letters, digits, dots, dashes or underscores`,
      { field: what },
    );
  return name;
}
