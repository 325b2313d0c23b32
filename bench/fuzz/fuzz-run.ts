import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SeededRandom } from '../../gateway/platform';
import type { Form } from '../attacks/protections';
import { catchCrashes } from './catch-crashes';
import { FuzzedFederation, type FuzzFingerprint } from './fuzzed-federation';
import { MessageMutator } from './mutations';
import { type FuzzKind, nextOf } from './next-message';

/** Settings of a run. */
export interface FuzzSettings {
  readonly form: Form;
  readonly kind: FuzzKind;
  readonly granted: boolean;
  readonly messages: number;
  readonly seed: number;
}

/** The result of a run. */
export interface FuzzResult extends FuzzSettings {
  /** Uncaught errors, rejections that nobody handled, handlers that threw. */
  readonly crashes: readonly string[];
  /** Differences from the same run without a hostile message. */
  readonly differences: readonly string[];
  /** Growth of the heap, after a garbage collection. */
  readonly heapMB: number;
  /** Processor time of one message, for broker, coordinator and two gateways together. */
  readonly msPerMessage: number;
}

/** Hostile messages between two steps of learning, and in each pass of one. */
const batch = 400;
const whileLearning = 5;
const betweenTurns = 20;
const versionsAtFirst = 4;

/** Runs a federation twice, with hostile messages and without, and compares. */
export async function fuzz(settings: FuzzSettings): Promise<FuzzResult> {
  const { messages } = settings;
  const steps = Math.max(2, Math.ceil(messages / batch));
  // A quiet run makes the code and its caches first, so that the heap is the messages' alone.
  const calm = await play(settings, steps, 0);
  const hostile = await play(settings, steps, messages);
  const differences = Object.keys(calm.fingerprint).flatMap((name) => difference(name, calm, hostile));
  const { crashes, heapMB, msPerMessage } = hostile;
  return { ...settings, crashes, differences, heapMB, msPerMessage };
}

function difference(name: string, calm: Played, hostile: Played): string[] {
  const [expected, got] = [calm.fingerprint[name], hostile.fingerprint[name]];
  return expected === got ? [] : [`${name}: ${expected} without, ${got} with`];
}

interface Played {
  readonly fingerprint: FuzzFingerprint;
  readonly crashes: readonly string[];
  readonly heapMB: number;
  readonly msPerMessage: number;
}

async function play(settings: FuzzSettings, steps: number, messages: number): Promise<Played> {
  const { form, granted, kind, seed } = settings;
  const { crashes, end } = catchCrashes();
  const federation = new FuzzedFederation(form, granted);
  try {
    await federation.start();
    for (let i = 0; i < versionsAtFirst; i++) await federation.learn();
    await federation.synchronise();
    federation.stopRecording();
    const mutator = new MessageMutator(federation.seen, federation.plain, new SeededRandom(seed));
    const before = usedHeapMB();
    let busyMs = 0;
    let sent = 0;
    const draw = (most: number) => {
      const count = Math.min(most, messages - sent);
      sent += count;
      return Array.from({ length: count }, () => nextOf(mutator, kind));
    };
    const send = async () => {
      const hostile = draw(batch);
      const started = process.cpuUsage();
      for (const [i, { topic, bytes, retain }] of hostile.entries()) {
        federation.publish(topic, bytes, retain);
        if (i % betweenTurns === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await federation.pass();
      const { user, system } = process.cpuUsage(started);
      busyMs += (user + system) / 1_000;
    };
    for (let step = 0; step < steps; step++) {
      await send();
      // With valid messages of anybody the federation may not learn any more.
      if (kind === 'valid') continue;
      await federation.learn(() => {
        for (const { topic, bytes, retain } of draw(whileLearning)) federation.publish(topic, bytes, retain);
      });
    }
    const heapMB = Math.round(100 * (usedHeapMB() - before)) / 100;
    const msPerMessage = messages > 0 ? Math.round((1000 * busyMs) / messages) / 1000 : 0;
    const { fingerprint } = federation;
    return { fingerprint, crashes: [...crashes, ...federation.faults], heapMB, msPerMessage };
  } catch (error) {
    crashes.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const { fingerprint } = federation;
    return { fingerprint, crashes: [...crashes, ...federation.faults], heapMB: 0, msPerMessage: 0 };
  } finally {
    await federation.stop();
    end();
  }
}

function usedHeapMB(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed / 1e6;
}
