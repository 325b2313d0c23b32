import { type Clock, FtteError } from '../../platform';
import { filterOf, readTopic } from '../../session';
import {
  type Claim,
  decodeMessage,
  dropReasonOf,
  type Head,
  isProbe,
  type Message,
  protocolVersion,
  type RoleMessageType,
} from '../../wire';
import { type Finding, failed, found, ok, warning } from '../report/finding';
import type { BrokerClient, Received } from './broker-client';
import type { BrokerTarget } from './target';

/** Clocks may differ by so much, ms. */
const clockMs = 60_000;
const heard: readonly RoleMessageType[] = ['claim', 'task', 'head', 'hello', 'presence'];

/** The messages of a federation, as far as they matter for a diagnosis. */
export interface Observation {
  claim?: Claim;
  head?: Head;
  hasTask: boolean;
  /** Why a message of the coordinator cannot be read. */
  unreadable?: { readonly type: string; readonly error: FtteError };
  /** Whether a message came that the broker had retained. */
  retained: boolean;
  /** Gateways by id. */
  readonly gateways: Map<string, Seen>;
  /** Other federations with a coordinator at this broker, as far as this user may read. */
  readonly others: Set<string>;
}

interface Seen {
  online: boolean | undefined;
  /** Number of times that it came or went. */
  changes: number;
  readonly instances: Set<string>;
}

/** Listens to a federation. */
export async function observe(
  client: BrokerClient,
  { federation }: BrokerTarget,
  id: string,
  listening: { readonly clock: Clock; readonly listenMs: number },
): Promise<Observation> {
  const seen: Observation = { hasTask: false, retained: false, gateways: new Map(), others: new Set() };
  const stop = client.onMessage((message) => note(seen, federation, message));
  const filters = [...heard.map((type) => filterOf(federation, type, id)), 'ftte/v1/+/all/claim'];
  for (const filter of filters) await client.subscribe(filter);
  await new Promise<void>((resolve) =>
    listening.clock.after(listening.listenMs, resolve, { holdsProcess: true }),
  );
  stop();
  for (const filter of filters) await client.unsubscribe(filter);
  return seen;
}

function note(seen: Observation, federation: string, { topic, payload, retained }: Received): void {
  if (payload.length === 0 || isProbe(payload)) return;
  const place = readTopic(federation, topic);
  if (!place) {
    const [, , other, , type] = topic.split('/');
    if (type === 'claim' && other !== undefined && seen.others.size < 10) seen.others.add(other);
    return;
  }
  seen.retained ||= retained;
  let message: Message;
  try {
    message = decodeMessage(payload, undefined, { federation, sender: place.gateway });
  } catch (error) {
    if (error instanceof FtteError && place.branch === 'all') seen.unreadable = { type: place.type, error };
    return;
  }
  take(seen, message);
}

function take(seen: Observation, message: Message): void {
  if (message.type === 'claim') seen.claim = message;
  else if (message.type === 'head') seen.head = message;
  else if (message.type === 'task') seen.hasTask = true;
  else if (message.type === 'presence') {
    const gateway = gatewayOf(seen, message.sender);
    if (gateway.online !== undefined && gateway.online !== message.online) gateway.changes++;
    gateway.online = message.online;
  } else if (message.type === 'hello') gatewayOf(seen, message.sender).instances.add(message.instance);
}

function gatewayOf({ gateways }: Observation, id: string): Seen {
  const known = gateways.get(id) ?? { online: undefined, changes: 0, instances: new Set<string>() };
  if (gateways.size < 10_000) gateways.set(id, known);
  return known;
}

/** Whether a coordinator is at work that this software understands. */
export function checkCoordinator(seen: Observation, { federation }: BrokerTarget): Finding {
  const check = 'coordinator';
  const { claim, head, hasTask, unreadable, others } = seen;
  if (unreadable) {
    const { type, error } = unreadable;
    const isVersion = dropReasonOf(error) === 'version';
    const exact = `its message ${type} is not understood: ${error.message}`;
    return failed(
      check,
      found(isVersion ? 'coordinator-version' : 'coordinator-unreadable', { type }, exact),
      isVersion ? 'package-same' : 'package-update',
    );
  }
  if (!claim && !hasTask) {
    const elsewhere = [...others].sort().join(', ');
    const none =
      elsewhere === ''
        ? found('coordinator-none', { federation })
        : found('coordinator-elsewhere', { federation, others: elsewhere });
    return warning(check, none, 'coordinator-find');
  }
  if (claim && !claim.active) return warning(check, found('coordinator-stopped', {}), 'coordinator-start');
  const protocol = String(protocolVersion);
  if (!head) return ok(check, found('coordinator-begins', { protocol }));
  const { version, lineage } = head;
  return ok(check, found('coordinator', { version: String(version), lineage, protocol }));
}

/** Whether gateways are there, and none of them is two. */
export function checkGateways({ gateways }: Observation): Finding {
  const check = 'gateways';
  const twice = [...gateways].filter(([, { changes, instances }]) => changes >= 2 || instances.size >= 2);
  if (twice.length > 0) {
    const ids = twice.map(([id]) => `"${id}"`).join(', ');
    return failed(check, found('gateways-twice', { ids }), 'own-id');
  }
  const online = [...gateways.values()].filter((gateway) => gateway.online).length;
  return ok(check, found('gateways', { online, known: gateways.size }));
}

/** Whether the clock of the coordinator contradicts that of this machine. */
export function checkCoordinatorClock({ claim }: Observation, nowMs: number): Finding | undefined {
  if (!claim || claim.since <= nowMs + clockMs) return undefined;
  const minutes = Math.round((claim.since - nowMs) / 60_000);
  return failed('clock', found('clock-coordinator', { minutes }), 'clocks');
}
