import type { Node, NodeAPI, NodeDef } from 'node-red';
import { brokerTrust } from '../../gateway/client';
import { FtteError, messageOf, systemClock } from '../../gateway/platform';
import type { ServerCertificate } from '../../gateway/transport';
import {
  type FederationHandle,
  migrationRoute,
  NodeReports,
  nodeError,
  onClose,
  problemLine,
  Registry,
  userFolder,
} from '../runtime';
import { type Credentials, type FederationConfig, federationConfig } from './config';
import { diagnosisRoute } from './diagnosis-route';
import { Door } from './door';
import { Federation } from './federation';
import { HostedBrokers } from './hosted-brokers';
import { Identities } from './identities';
import { invitationAddress } from './invitation-address';
import { invitationRoute } from './invitation-route';
import { membersRoutes } from './members-routes';
import { migrations } from './migrations';
import { makeConnection, makeFollower, startBroker, type TlsOptions } from './parts';
import { placeOf } from './place';
import { taskRoute } from './task-route';

/** One for the process, because a port belongs to the process. */
const brokers = new HostedBrokers(startBroker);
const identities = new Identities();
/** The federation of each running node. */
const federations = new Registry<string, Federation>();

type FederationNodeInstance = Node<Credentials> & { handle: FederationHandle };

export = (RED: NodeAPI): void => {
  function FtteFederation(this: FederationNodeInstance, stored: NodeDef): void {
    RED.nodes.createNode(this, stored);
    let federation: Federation | undefined;
    let releaseIdentity = () => {};
    let problem: unknown;
    const reports = new NodeReports(RED, this);
    try {
      const config = federationConfig(placeOf(RED, this.id, reports), stored, this.credentials ?? {});
      const made = make(RED, this, reports, config);
      releaseIdentity = identities.acquire(config, this.name || this.id);
      federation = made;
    } catch (error) {
      problem = nodeError(RED, this.type, error);
      // A warning, because a half-filled node is work in progress. It stays offline.
      this.warn(problemLine(RED, problem));
    }
    Object.defineProperty(this, 'handle', {
      get(): FederationHandle {
        if (federation) return federation;
        const reason = problem instanceof FtteError ? problem.details['reason'] : undefined;
        throw new FtteError(
          'config-invalid',
          `federation: ${messageOf(problem)}`,
          { field: 'federation', ...(reason !== undefined && { reason }) },
          { cause: problem },
        );
      },
    });
    if (!federation) return;
    const opened = federation;
    const removeFederation = federations.set(this.id, opened);
    opened.open();
    onClose(
      this,
      () => {
        removeFederation();
        return opened.close().finally(releaseIdentity);
      },
      { limitMs: 14_000 },
    );
  }

  RED.nodes.registerType<FederationNodeInstance, NodeDef, unknown, Credentials>(
    'ftte-federation',
    FtteFederation,
    {
      credentials: {
        user: { type: 'text' },
        password: { type: 'password' },
        invitation: { type: 'password' },
      },
    },
  );

  migrationRoute(RED, 'ftte-federation', migrations);
  taskRoute(RED, (id) => federations.get(id)?.currentFollower);
  diagnosisRoute(RED, (config) => tlsOptions(RED, config));
  invitationRoute(RED, (id) => federations.get(id));
  membersRoutes(RED, (id) => federations.get(id));

  RED.httpAdmin.get(
    '/ftte/federation/gateway-id',
    RED.auth.needsPermission('ftte.read'),
    (request, response) => {
      const { id } = request.query;
      response.json({ gateway: placeOf(RED, typeof id === 'string' ? id : '').ownId() });
    },
  );
};

function make(
  RED: NodeAPI,
  node: FederationNodeInstance,
  { log }: NodeReports,
  config: FederationConfig,
): Federation {
  const { broker } = config;
  const port = broker.kind === 'hosted' ? broker.port : 0;
  const folder = userFolder(RED, node);
  const tls = tlsOptions(RED, config);
  const certificate = serverCertificate(RED, broker);
  const address = invitationAddress({ broker, tls, certificate: certificate?.cert });
  const door = new Door({ config, folder, address, clock: systemClock, log });
  const connection = makeConnection(config, tls, log, door.protection);
  return new Federation({
    config,
    folder,
    name: node.name || config.federation,
    connection,
    door,
    brokers,
    hosting: {
      ready: () => door.open(),
      tls: certificate,
      usersFile: userFolder(RED, { id: `broker-${port}` }, 'users.json'),
      log,
    },
    makeFollower: () => makeFollower(connection.session, config, folder, log),
    clock: systemClock,
    log,
  });
}

/** The part of the core's `tls-config` node that is used. */
interface TlsNode extends Node {
  addTLSOptions(options: TlsOptions): void;
}

/** The options of the TLS configuration for a broker at an address. @throws FtteError `config-invalid` if it is missing */
function tlsOptions(RED: NodeAPI, { broker, facts }: FederationConfig): TlsOptions | undefined {
  if (broker.kind !== 'url') return undefined;
  if (broker.tlsOptions) return broker.tlsOptions;
  if (broker.tls === '') return facts && brokerTrust(facts);
  return optionsOf(RED, 'tls', broker.tls);
}

/**
 * Certificate and key of a hosted broker.
 * @throws FtteError `config-invalid` if the configuration is missing, or lacks one of them, as when their files are missing
 */
function serverCertificate(
  RED: NodeAPI,
  broker: FederationConfig['broker'],
): Extract<ServerCertificate, { cert: string | Buffer }> | undefined {
  if (broker.kind !== 'hosted' || broker.certificate === '') return undefined;
  const { cert, key, passphrase } = optionsOf(RED, 'certificate', broker.certificate);
  if (!isContent(cert) || !isContent(key))
    throw new FtteError(
      'config-invalid',
      `certificate: expected a TLS configuration with a certificate and its private key, got one without ${isContent(cert) ? 'the key' : 'the certificate'}; if it names files, do they exist?`,
      { field: 'certificate' },
    );
  return { cert, key, ...(typeof passphrase === 'string' && passphrase !== '' && { passphrase }) };
}

const isContent = (value: unknown): value is string | Buffer =>
  (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > 0;

function optionsOf(RED: NodeAPI, field: string, id: string): TlsOptions {
  const node: unknown = RED.nodes.getNode(id);
  if (typeof node !== 'object' || node === null || !('addTLSOptions' in node))
    throw new FtteError('config-invalid', `${field}: the chosen TLS configuration is missing or disabled`, {
      field,
    });
  const options: TlsOptions = {};
  (node as TlsNode).addTLSOptions(options);
  return options;
}
