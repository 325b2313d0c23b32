// The coordinator of a fleet, in a process of its own. Argument: settings as JSON.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCoordinator, type TaskInput } from '../../gateway';
import { silentLog } from '../../gateway/platform';
import { watchEventLoop } from '../../tools/support/event-loop-delay';
import {
  cpuMs,
  federation,
  type HubCounts,
  type HubDelay,
  type HubMemory,
  type HubQuestion,
  type HubSettings,
} from './messages';

/** 702 parameters, as `features` S has for the six labels of HAPT. */
const task: TaskInput = {
  name: 'fleet',
  input: { channels: [{ name: 'x' }, { name: 'y' }, { name: 'z' }], rateHz: 50, length: 39, hop: 39 },
  labels: ['a', 'b', 'c', 'd', 'e', 'f'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 6, bias: false }] },
  training: { minSamples: 8 },
};

async function main(): Promise<void> {
  const { broker, bufferSize } = JSON.parse(process.argv[2] ?? '') as HubSettings;
  const coordinator = await createCoordinator({
    federation,
    broker: /^\d+$/.test(broker) ? { port: Number(broker) } : broker,
    membership: 'open',
    task: { ...task, aggregation: { bufferSize } },
    folder: mkdtempSync(join(tmpdir(), 'ftte-fleet-')),
    log: silentLog,
  });
  const problems: Record<string, number> = {};
  coordinator.on('problem', ({ message }) => {
    problems[message] = (problems[message] ?? 0) + 1;
  });
  process.on('message', (question: HubQuestion) => {
    if (question === 'memory') {
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      process.send?.({ bytes: heapUsed + external } satisfies HubMemory);
      return;
    }
    if (question !== 'counts') {
      const stop = watchEventLoop();
      setTimeout(() => process.send?.({ delay: stop() } satisfies HubDelay), question.watchMs);
      return;
    }
    const { gateways, accepted, version, rejected } = coordinator.status;
    process.send?.({
      ...{
        online: gateways.filter((gateway) => gateway.online).length,
        accepted,
        version,
        rejected,
        problems,
      },
      ...{ rss: process.memoryUsage.rss(), cpuMs: cpuMs() },
    } satisfies HubCounts);
  });
  process.send?.('ready');
}

void main();
