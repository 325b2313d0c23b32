import { isName } from '../../platform';
import { filterOf, topicOf } from '../../session';
import { isProbe, probeBytes, type RoleMessageType, routes } from '../../wire';
import { type Finding, type Found, failed, found, ok, warning } from '../report/finding';
import type { BrokerClient, Outcome } from './broker-client';
import type { BrokerTarget } from './target';

/** The treatment of a message or a subscription by the broker. `dropped`: it accepts it, and nothing arrives. */
type Verdict = Outcome | 'dropped' | 'unknown';

/** The rights to one type of message. */
interface Rights {
  readonly type: RoleMessageType;
  readonly write: Verdict;
  readonly read: Verdict;
}

/** Time for a message to come back, ms. */
const backMs = 1000;

const types = Object.keys(routes) as RoleMessageType[];
const isFromGateway = (type: RoleMessageType) => routes[type].branch === 'gw';

/**
 * Checks the rights to every topic of a federation, as a gateway and as the coordinator. It publishes probes that are
 * not retained, so that a federation at work notices nothing.
 * @param id of the gateway whose topics are used
 */
export async function checkRights(
  client: BrokerClient,
  target: BrokerTarget,
  id: string,
): Promise<Finding[]> {
  const rights: Rights[] = [];
  for (const type of types) rights.push(await rightsTo(client, target.federation, type, id));
  const gateway = gaps(rights, isFromGateway);
  const coordinator = gaps(rights, (type) => !isFromGateway(type));
  return [
    finding('gateway', gateway, target.role !== 'coordinator', id),
    finding('coordinator', coordinator, target.role === 'coordinator', id),
  ];
}

/**
 * The id as which this user may write: rules often let a user write for the gateway of the same name only.
 * @param scratch an id that nobody has
 */
export async function writableId(
  client: BrokerClient,
  target: BrokerTarget,
  scratch: string,
): Promise<string> {
  if (target.gateway !== undefined) return target.gateway;
  const { write } = await rightsTo(client, target.federation, 'sync', scratch);
  const isRefused = write === 'refused' || write === 'lost' || write === 'silent';
  return isRefused && isName(target.username) ? target.username : scratch;
}

async function rightsTo(
  client: BrokerClient,
  federation: string,
  type: RoleMessageType,
  id: string,
): Promise<Rights> {
  const topic = topicOf(federation, type, id);
  const filter = filterOf(federation, type, id);
  const subscribed = await client.subscribe(filter);
  const back = client.next((message) => message.topic === topic && isProbe(message.payload), backMs);
  const published = await client.publish(topic, probeBytes);
  const arrived = published === 'accepted' && subscribed === 'accepted' && (await back) !== undefined;
  await client.unsubscribe(filter);
  // MQTT 3.1.1 cannot refuse a message; brokers accept it and drop it.
  const isCertain = client.version === 5 || arrived;
  const write = published === 'accepted' && !isCertain ? 'unknown' : published;
  // Some brokers confirm a subscription and deliver nothing, which only a message of this client shows.
  const read = subscribed === 'accepted' && write === 'accepted' && !arrived ? 'dropped' : subscribed;
  return { type, write, read };
}

/** The rights that a role lacks, as names of types of messages, and those that cannot be seen. */
interface Gaps {
  readonly publish: string;
  readonly read: string;
  readonly unknown: string;
}

/** @param writes whether the role writes a type; it reads the others */
function gaps(rights: readonly Rights[], writes: (type: RoleMessageType) => boolean): Gaps {
  const named = (isGap: (rights: Rights) => boolean) =>
    rights
      .filter(isGap)
      .map(({ type }) => type)
      .join(', ');
  const lacks = (verdict: Verdict) => verdict !== 'accepted' && verdict !== 'unknown';
  return {
    publish: named(({ type, write }) => writes(type) && lacks(write)),
    read: named(({ type, read }) => !writes(type) && lacks(read)),
    unknown: named(({ type, write }) => writes(type) && write === 'unknown'),
  };
}

function finding(role: 'gateway' | 'coordinator', gap: Gaps, isNeeded: boolean, id: string): Finding {
  const check = `${role} rights` as const;
  const missing = missingOf(role, gap, id);
  if (missing) return isNeeded ? failed(check, missing, 'rights') : warning(check, missing, `${role}-user`);
  if (gap.unknown === '') return ok(check, found(`${role}-may`, { gateway: id }));
  return warning(check, found(`${role}-unknown`, { publish: gap.unknown }), 'rights-unknown');
}

function missingOf(role: 'gateway' | 'coordinator', gap: Gaps, gateway: string): Found | undefined {
  const { publish, read } = gap;
  if (publish !== '' && read !== '') return found(`${role}-may-neither`, { publish, read, gateway });
  if (publish !== '') return found(`${role}-may-not-publish`, { publish, gateway });
  return read === '' ? undefined : found(`${role}-may-not-read`, { read, gateway });
}
