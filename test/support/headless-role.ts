/**
 * A gateway or a coordinator in a child process without Node-RED: `headless-role.ts ROLE PORT [FEDERATION [ID]]`. It ends on
 * SIGTERM.
 */
import { createCoordinator, joinFederation, parseTask } from '../../gateway';
import { Coordinator } from '../../gateway/coordinator';
import { WorkerTrainer } from '../../gateway/engine';
import { ModelFollower, Participant } from '../../gateway/participant';
import { type Log, systemClock, systemRandom } from '../../gateway/platform';
import { TransportSession } from '../../gateway/session';
import { MqttTransport, type Will } from '../../gateway/transport';

type Stop = () => Promise<unknown>;

const [role = '', port = '', federation = 'headless', id = 'edge'] = process.argv.slice(2);
const clock = systemClock;
const random = systemRandom();

const say = (text: string) => process.stdout.write(`${text}\n`);
const log: Log = { info: say, warn: say, error: say };

const task = parseTask({
  name: 'headless',
  input: { channels: [{ name: 'x' }], rateHz: 10, length: 8, hop: 8 },
  labels: ['resting', 'moving'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
});

function makeTransport(clientId: string, will: Will): MqttTransport {
  const transport = new MqttTransport({
    url: `mqtt://127.0.0.1:${port}`,
    clientId,
    will,
    clock,
    random,
    log,
    backoff: { minMs: 50, maxMs: 200 },
    outageReportMs: 300,
  });
  transport.onState((state) => say(`state ${state}`));
  return transport;
}

function connection(id: string) {
  const transport = makeTransport(id, TransportSession.will(federation, id));
  const session = new TransportSession({ transport, federation, id, clock, random, log });
  transport.open();
  session.start();
  return { transport, session };
}

const roles: Readonly<Record<string, () => Promise<Stop>>> = {
  async gateway() {
    const { transport, session } = connection(id);
    const follower = new ModelFollower({ session, clock, random, log });
    const participant = new Participant({
      session,
      follower,
      trainer: new WorkerTrainer(),
      onConnection: (listener) => transport.onState(listener),
      budgetBytes: 65_536,
      trigger: { newWindows: 8, intervalMs: 0 },
      outboxFolder: undefined,
      clock,
      random,
      log,
    });
    follower.start().catch((error) => say(`follower: ${error.message}`));
    await participant.start();
    return async () => {
      await participant.stop();
      await follower.stop();
      await session.stop();
      await transport.close();
    };
  },
  async coordinator() {
    const { transport, session } = connection('hub');
    const coordinator = new Coordinator({
      session,
      task,
      folder: undefined,
      onConnection: (listener) => transport.onState(listener),
      claimWaitMs: 100,
      clock,
      random,
      log,
    });
    await coordinator.start();
    return async () => {
      await coordinator.stop();
      await session.stop();
      await transport.close();
    };
  },
  async member() {
    // Resolves only once a coordinator has sent its task.
    const abort = new AbortController();
    const broker = (will: Will) => makeTransport(`${id}-${process.pid}`, will);
    const joined = joinFederation({ federation, broker, id, log, signal: abort.signal });
    const closed = joined.then(
      (member) => member.close(),
      (error) => say(`join: ${error.message}`),
    );
    return async () => {
      abort.abort();
      await closed;
    };
  },
  async hub() {
    const broker = (will: Will) => makeTransport('hub', will);
    const hub = await createCoordinator({ federation, broker, id: 'hub', task, leaseWaitMs: 100, log });
    return () => hub.close();
  },
};

void (async () => {
  const begun = roles[role]?.();
  process.once('SIGTERM', () => {
    void begun?.then((stop) => stop()).then(() => say('stopped'));
  });
  await begun;
  say('started');
})();
