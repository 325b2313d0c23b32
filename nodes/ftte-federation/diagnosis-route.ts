import type { NodeAPI } from 'node-red';
import { type BrokerTarget, diagnose, type Finding, hostedBrokerFinding } from '../../gateway/diagnosis';
import { FtteError, systemClock, systemRandom } from '../../gateway/platform';
import type { BrokerCounts } from '../../gateway/transport';
import { type FederationNode, nodeError, postRoute, problemAnswer } from '../runtime';
import { type Credentials, type FederationConfig, federationConfig } from './config';
import { brokerAddress } from './hosted-brokers';
import { loginTo, type TlsOptions } from './parts';
import { placeOf } from './place';

/** Settings in the fields of a dialog, as they would be stored. */
type Asked = Readonly<Record<string, unknown>>;

/** Stands in the editor for a stored password that was not changed. */
const unchanged = '__PWRD__';

/**
 * `POST /ftte/federation/diagnosis`: checks the settings of the body as they stand in the dialog, deployed or not. Answers
 * `{ findings }`, or a `ProblemAnswer` with `field` and `reason` that says why nothing can be checked. The stored password goes
 * to whatever address the body names, so only those who may deploy flows may ask.
 * @param tlsOf gives the options of a chosen TLS configuration
 */
export function diagnosisRoute(
  RED: NodeAPI,
  tlsOf: (config: FederationConfig) => TlsOptions | undefined,
): void {
  let isRunning = false;
  postRoute(RED, '/ftte/federation/diagnosis', ['ftte.write', 'flows.write'], (request, response) => {
    const body: unknown = request.body;
    if (isRunning) {
      response.status(409).json({ text: 'a check is running' });
      return;
    }
    isRunning = true;
    const asked = typeof body === 'object' && body !== null ? (body as Asked) : {};
    diagnosisOf(RED, asked, tlsOf)
      .then((findings) => response.json({ findings }))
      .catch((error) => {
        const { field, reason } = error instanceof FtteError ? error.details : {};
        response.json({ ...problemAnswer(nodeError(RED, 'ftte-federation', error)), field, reason });
      })
      .finally(() => {
        isRunning = false;
      });
  });
}

async function diagnosisOf(
  RED: NodeAPI,
  asked: Asked,
  tlsOf: (config: FederationConfig) => TlsOptions | undefined,
): Promise<Finding[]> {
  const place = placeOf(RED, textOf(asked['id']) || 'node');
  const config = federationConfig(place, asked, credentialsOf(RED, asked));
  const { userDir } = RED.settings;
  const findings: Finding[] = [];
  const diagnosis = diagnose({
    target: targetOf(config, tlsOf(config)),
    ...(typeof userDir === 'string' && { userDir }),
    // The types promise it; Node-RED gives it at once.
    nodeRed: await RED.version(),
    clock: systemClock,
    random: systemRandom(),
  });
  for await (const finding of diagnosis) findings.push(finding);
  const counts = hostedCounts(RED, textOf(asked['id']));
  return counts ? [...findings, hostedBrokerFinding(counts)] : findings;
}

/** Counts of the broker that the deployed node hosts. */
function hostedCounts(RED: NodeAPI, id: string): BrokerCounts | undefined {
  const node = RED.nodes.getNode(id) as Partial<FederationNode> | null;
  try {
    return node?.handle?.hostedBroker?.counts;
  } catch {
    // The node runs with none of its settings, and has said why.
    return undefined;
  }
}

function targetOf(
  { membership, broker, federation, gatewayId }: FederationConfig,
  tls: TlsOptions | undefined,
): BrokerTarget {
  return {
    url: broker.kind === 'url' ? broker.url : brokerAddress(broker),
    federation,
    gateway: gatewayId,
    // With invitations, a broker that is hosted here has no password for all.
    ...(membership === 'invited' && broker.user === ''
      ? loginTo(broker)
      : broker.user !== '' && { username: broker.user, password: broker.password }),
    ...(tls && { tls }),
  };
}

/**
 * User and password of the dialog; those that it does not show are the stored ones of this federation node. No other node's
 * are read, whatever id comes.
 */
export function credentialsOf(RED: NodeAPI, { id, user, password, invitation }: Asked): Credentials {
  const stored = isFederation(RED, textOf(id))
    ? ((RED.nodes.getCredentials(textOf(id)) ?? {}) as Credentials)
    : {};
  return {
    user: textOf(user),
    password: password === unchanged ? (stored.password ?? '') : textOf(password),
    invitation: invitation === unchanged ? (stored.invitation ?? '') : textOf(invitation),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function isFederation(RED: NodeAPI, id: string): boolean {
  let found = false;
  RED.nodes.eachNode((node) => {
    found ||= node.id === id && node.type === 'ftte-federation';
  });
  return found;
}
