import type { Clock, Random } from '../platform';
import { requireName } from '../session';
import { BrokerClient } from './broker/broker-client';
import { checkCoordinator, checkCoordinatorClock, checkGateways, observe } from './broker/federation';
import { checkLogin } from './broker/login';
import { checkNetwork, checkTls } from './broker/reach';
import { checkRights, writableId } from './broker/rights';
import { ScratchTopic } from './broker/scratch-topic';
import { addressOf, type BrokerTarget } from './broker/target';
import { checkClock, checkDisk } from './machine/disk';
import { checkMemory, checkVersions } from './machine/machine';
import type { Finding } from './report/finding';

/** Options of a diagnosis. */
export interface DiagnosisOptions {
  /** Undefined: the machine alone. */
  readonly target?: BrokerTarget;
  /** The user directory of Node-RED; undefined: the disk is not checked. */
  readonly userDir?: string;
  /** The version of Node-RED, if it runs here. */
  readonly nodeRed?: string;
  /** Time for which messages of the federation are gathered, ms. Two machines with one id meet within it. Default 4 s. */
  readonly listenMs?: number;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Checks everything that a federation needs, from the machine to the coordinator, and yields each result when it is known.
 * Checks that need what has failed are left out. A federation at work notices nothing, and nothing stays on the broker.
 * @throws FtteError `config-invalid` for an address or a name that no broker can have
 */
export async function* diagnose(options: DiagnosisOptions): AsyncGenerator<Finding, void, void> {
  const { target, userDir, nodeRed, clock, random, listenMs = 4000 } = options;
  const address = target && addressOf(target.url);
  if (target) requireName('federation', target.federation);
  if (target?.gateway !== undefined) requireName('gateway', target.gateway);
  yield checkVersions(nodeRed);
  yield checkMemory();
  if (userDir !== undefined) yield await checkDisk(userDir);
  yield await checkClock(userDir, clock.now());
  if (!target || !address) return;
  const network = await checkNetwork(address);
  yield* network;
  if (hasFailed(network)) return;
  if (address.secure) {
    const tls = await checkTls(address, target, clock.now());
    yield tls;
    if (hasFailed([tls])) return;
  }
  const scratch = `doctor-${random.hex(8)}`;
  const client = new BrokerClient(target, `ftte-${scratch}`, clock);
  try {
    yield* diagnoseBroker(client, target, scratch, { clock, listenMs });
  } finally {
    await client.close();
  }
}

async function* diagnoseBroker(
  client: BrokerClient,
  target: BrokerTarget,
  scratch: string,
  listening: { readonly clock: Clock; readonly listenMs: number },
): AsyncGenerator<Finding, void, void> {
  const login = await checkLogin(client, target);
  yield login;
  if (hasFailed([login])) return;
  const id = await writableId(client, target, scratch);
  yield* await checkRights(client, target, id);
  const seen = await observe(client, target, id, listening);
  const topic = new ScratchTopic(client, target, id);
  yield await topic.checkRetained(seen.retained);
  yield await topic.checkLargest();
  yield checkCoordinator(seen, target);
  yield checkGateways(seen);
  const late = checkCoordinatorClock(seen, listening.clock.now());
  if (late) yield late;
}

/** Whether one of the findings is that something cannot work. */
export const hasFailed = (findings: readonly Finding[]): boolean =>
  findings.some(({ level }) => level === 'failed');
