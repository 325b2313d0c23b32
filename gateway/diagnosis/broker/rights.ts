import { isName } from '../../platform';
import { filterOf, topicOf } from '../../session';
import { isProbe, probeBytes, type RoleMessageType, routes } from '../../wire';
import { type Check, type Finding, failed, ok, warning } from '../report/finding';
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
    finding('gateway rights', gateway, target.role !== 'coordinator', id),
    finding('coordinator rights', coordinator, target.role === 'coordinator', id),
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

/** The rights that a role lacks, and those that cannot be seen. */
interface Gaps {
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
}

/** @param writes whether the role writes a type; it reads the others */
function gaps(rights: readonly Rights[], writes: (type: RoleMessageType) => boolean): Gaps {
  const named = (isGap: (verdict: Verdict) => boolean) => {
    const of = (verb: string, verdict: (rights: Rights) => Verdict, mine: boolean) => {
      const found = rights.filter((each) => writes(each.type) === mine && isGap(verdict(each)));
      return found.length === 0 ? [] : [`${verb} ${found.map(({ type }) => type).join(', ')}`];
    };
    return [...of('publish', ({ write }) => write, true), ...of('read', ({ read }) => read, false)];
  };
  return {
    missing: named((verdict) => verdict !== 'accepted' && verdict !== 'unknown'),
    unknown: named((verdict) => verdict === 'unknown'),
  };
}

function finding(check: Check, { missing, unknown }: Gaps, isNeeded: boolean, id: string): Finding {
  const role = check === 'gateway rights' ? `the gateway "${id}"` : 'the coordinator';
  if (missing.length > 0) {
    const found = `this user may not ${missing.join(', and not ')}, as ${role} has to`;
    if (!isNeeded) return warning(check, found, `nothing, unless this user is that of ${role}`);
    return failed(
      check,
      found,
      'allow the topics of docs/protocol.md (Access control) in the rules of the broker',
    );
  }
  if (unknown.length === 0) return ok(check, `this user may do what ${role} has to`);
  const found = `over MQTT 3.1.1 it cannot be seen whether this user may ${unknown.join(', and ')}`;
  return warning(check, found, 'look at the rules of the broker, or use a broker that speaks MQTT 5');
}
