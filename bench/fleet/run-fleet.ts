import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brokers, type FleetBroker, usageOf } from './brokers';
import type {
  ClientCounts,
  ClientSettings,
  HubCounts,
  HubDelay,
  HubMemory,
  HubQuestion,
  HubSettings,
} from './messages';

export interface FleetOptions {
  readonly broker: string;
  readonly clients: number;
  /** Processes of clients. */
  readonly processes: number;
  /** Time from one round of a gateway to its next, ms. */
  readonly periodMs: number;
  /** Updates that make a version. Default: those that arrive in 10 seconds, and at least 10. */
  readonly bufferSize?: number;
  /** Time that is measured, after one period without; the event loop has half as much, afterwards. */
  readonly seconds: number;
  readonly onProgress: (text: string) => void;
}

/** One line of the table. */
export interface FleetRow {
  readonly broker: string;
  readonly clients: number;
  readonly bufferSize: number;
  /** Gateways that hold a model at the end of the joins. */
  readonly joined: number;
  readonly joinsPerSecond: number;
  readonly updatesPerSecond: number;
  readonly versionsPerMinute: number;
  /** Updates that were refused, and rounds that were due before the one before was over. */
  readonly refused: number;
  readonly late: number;
  /** Processor time of an update at the coordinator (with the broker, if it hosts one) and at the broker, ms. */
  readonly hubMsPerUpdate: number;
  readonly brokerMsPerUpdate: number | undefined;
  /** Resident memory, MB, and what each gateway added to the memory in use, kB. */
  readonly hubMB: number;
  readonly hubKBPerClient: number;
  readonly brokerMB: number | undefined;
  /** Event loop of the coordinator, ms beyond the requested time: its 99th percentile, and the longest processor time in one go. */
  readonly loopP99Ms: number;
  readonly loopLongestMs: number | undefined;
  readonly problems: Readonly<Record<string, number>>;
}

const joinPatienceMs = 120_000;

/** Runs a fleet in processes of its own. */
export async function runFleet(options: FleetOptions): Promise<FleetRow> {
  const { clients, periodMs, seconds, onProgress } = options;
  // With a fixed buffer, versions and their receivers both grow with the fleet: a broker would carry its square.
  const bufferSize = options.bufferSize ?? Math.max(10, Math.round((10_000 * clients) / periodMs));
  const broker = await brokers[options.broker]!();
  const hubSettings: HubSettings = { broker: broker.forHub, bufferSize };
  const hub = child('hub-process.ts', JSON.stringify(hubSettings));
  const fleet: ChildProcess[] = [];
  try {
    await message(hub);
    const empty = await ask<HubMemory>(hub, 'memory');
    fleet.push(...startClients(options, broker));
    const { ready, seconds: took } = await joined(fleet, clients, onProgress);
    onProgress(`${ready} joined in ${took.toFixed(1)} s`);
    // Rounds of the first period begin while others still join.
    await pause(periodMs);
    const before = await measure(hub, fleet, broker);
    await pause(seconds * 1000);
    const after = await measure(hub, fleet, broker);
    // Watching takes processor time of its own, so it has its own time.
    const { delay } = await ask<HubDelay>(hub, { watchMs: (1000 * seconds) / 2 });
    const full = await ask<HubMemory>(hub, 'memory');
    const passed = (after.atMs - before.atMs) / 1000;
    const updates = after.hub.accepted - before.hub.accepted;
    const sum = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((a, b) => a + b, 0);
    const { hub: end } = after;
    return {
      broker: options.broker,
      clients,
      bufferSize,
      joined: ready,
      joinsPerSecond: ready / took,
      updatesPerSecond: updates / passed,
      versionsPerMinute: ((end.version - before.hub.version) * 60) / passed,
      refused: sum(end.rejected),
      late: after.late - before.late,
      hubMsPerUpdate: (end.cpuMs - before.hub.cpuMs) / updates,
      brokerMsPerUpdate:
        after.broker && before.broker && (after.broker.cpuMs - before.broker.cpuMs) / updates,
      hubMB: end.rss / 2 ** 20,
      hubKBPerClient: (full.bytes - empty.bytes) / 1024 / clients,
      brokerMB: after.broker && after.broker.rss / 2 ** 20,
      loopP99Ms: delay.p99Ms,
      loopLongestMs: delay.longestCpuMs,
      problems: { ...after.problems, ...end.problems },
    };
  } finally {
    for (const process of [...fleet, hub]) process.kill('SIGKILL');
    await broker.stop();
  }
}

/** The processes of clients, each with its part of them. */
function startClients({ clients, processes, periodMs }: FleetOptions, { url }: FleetBroker): ChildProcess[] {
  const part = Math.ceil(clients / processes);
  return Array.from({ length: Math.ceil(clients / part) }, (_, i) => {
    const first = i * part;
    const count = Math.min(part, clients - first);
    const settings: ClientSettings = { url, first, count, width: 16, periodMs };
    return child('client-process.ts', JSON.stringify(settings));
  });
}

/** Waits until all have joined, or until nobody has joined for a while: a broker may have a limit. */
async function joined(
  fleet: readonly ChildProcess[],
  clients: number,
  onProgress: FleetOptions['onProgress'],
): Promise<{ ready: number; seconds: number }> {
  let [ready, lastMs, saidMs] = [0, performance.now(), performance.now()];
  let startMs = lastMs;
  while (ready < clients && performance.now() - lastMs < joinPatienceMs) {
    await pause(250);
    const counts = await Promise.all(fleet.map((process) => ask<ClientCounts>(process)));
    const now = counts.reduce((sum, { ready: some }) => sum + some, 0);
    // The start of the processes is no part of it.
    if (now === 0) startMs = performance.now();
    if (now > ready) lastMs = performance.now();
    ready = now;
    if (performance.now() - saidMs > 10_000) {
      saidMs = performance.now();
      onProgress(`${ready} of ${clients} joined`);
    }
  }
  return { ready, seconds: (lastMs - startMs) / 1000 };
}

async function measure(hub: ChildProcess, fleet: readonly ChildProcess[], { pid }: FleetBroker) {
  const counts = await Promise.all(fleet.map((process) => ask<ClientCounts>(process)));
  const problems: Record<string, number> = {};
  for (const one of counts)
    for (const [code, count] of Object.entries(one.problems)) problems[code] = (problems[code] ?? 0) + count;
  return {
    hub: await ask<HubCounts>(hub),
    late: counts.reduce((sum, one) => sum + one.late, 0),
    problems,
    broker: pid === undefined ? undefined : usageOf(pid),
    atMs: performance.now(),
  };
}

function child(file: string, argument: string): ChildProcess {
  const process = fork(join(__dirname, file), [argument], {
    execArgv: ['--expose-gc', '--require', require.resolve('tsx/cjs')],
  });
  process.once('error', (error) => {
    throw error;
  });
  return process;
}

async function ask<Answer>(process: ChildProcess, question: HubQuestion = 'counts'): Promise<Answer> {
  const answer = message<Answer>(process);
  process.send(question);
  return answer;
}

async function message<Answer>(process: ChildProcess): Promise<Answer> {
  const ended = new AbortController();
  const exit = once(process, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the fleet ended with ${code}`);
  });
  exit.catch(() => undefined);
  const [answer] = await Promise.race([once(process, 'message', { signal: ended.signal }), exit]);
  ended.abort();
  return answer as Answer;
}
