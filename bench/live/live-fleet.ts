import {
  createCoordinator,
  type FederationMember,
  joinFederation,
  SeededRandom,
  type VersionReport,
} from '../../gateway';
import { WorkerTrainer } from '../../gateway/engine';
import type { ClientProfile, Prepared } from '../../gateway/simulation';
import { SlowTrainer } from './slow-trainer';

/** A version of a live run, and its model. */
export interface LiveVersion {
  readonly version: number;
  /** Time since every gateway had the first model, ms on the real clock. */
  readonly timeMs: number;
  readonly contributions: VersionReport['contributions'];
  readonly parameters: Float32Array;
}

/** Options of a live run. */
export interface LiveOptions {
  readonly url: string;
  readonly prepared: Prepared;
  readonly seed: number;
  readonly versions: number;
  /** Time of a step on a gateway of normal speed; stragglers are slower by `slowdown`. */
  readonly stepMs: number;
  readonly slowdown: number;
  readonly onVersion?: (version: LiveVersion) => void;
}

/**
 * Runs the fleet of a scenario with a real broker on the real clock. The coordinator and each gateway have a connection and
 * a session of their own; each gateway trains one round after the other in a thread of its own.
 */
export async function runLive(options: LiveOptions): Promise<LiveVersion[]> {
  const { prepared, seed, versions, url } = options;
  const federation = `live-${process.pid}-${seed}`;
  const random = new SeededRandom(seed);
  const coordinator = await createCoordinator({
    federation,
    broker: url,
    membership: 'open',
    task: prepared.task,
    random,
  });
  const members: FederationMember[] = [];
  try {
    const profiles = prepared.fleet(seed).clients;
    await Promise.all(
      profiles.map(async (profile) => {
        const member = await join(options, profile, federation, random);
        members.push(member);
        await collecting(member);
      }),
    );
    return await new Promise((resolve, reject) => {
      const start = performance.now();
      const made: LiveVersion[] = [];
      coordinator.on('version', ({ version, contributions }) => {
        const { parameters } = coordinator.export(prepared.scenario.evaluation.model);
        const record = { version, timeMs: performance.now() - start, contributions, parameters };
        made.push(record);
        options.onVersion?.(record);
        if (version >= versions) resolve(made);
      });
      coordinator.on('problem', reject);
      for (const member of members) {
        member.on('problem', reject);
        keepTraining(member);
      }
    });
  } finally {
    await Promise.all(members.map((member) => member.close()));
    await coordinator.close();
  }
}

/** One gateway of the fleet, with all its samples. */
async function join(
  { prepared, stepMs, slowdown, url }: LiveOptions,
  { id, samples, budgetBytes, speed }: ClientProfile,
  federation: string,
  random: SeededRandom,
): Promise<FederationMember> {
  const { task, examples } = prepared;
  const { x, y, size } = examples;
  const member = await joinFederation({
    federation,
    broker: url,
    id,
    budget: budgetBytes,
    trigger: { newWindows: 0 },
    capacity: samples.length * task.labels.length,
    // A scenario may compare any tasks.
    policy: { fewestSamples: 1, smallestBatch: 1, finestEncoding: 'float32' },
    createTrainer: () => new SlowTrainer(new WorkerTrainer(), stepMs * (speed.isStraggler ? slowdown : 1)),
    random,
  });
  for (const i of samples) member.add(x.subarray(i * size, (i + 1) * size), task.labels[y[i] ?? 0]);
  return member;
}

/** Resolves once the member holds a model and could train. */
function collecting(member: FederationMember): Promise<void> {
  return new Promise((resolve) => {
    const off = member.on('status', ({ phase }) => {
      if (phase === 'collecting') done();
    });
    const done = () => {
      off();
      resolve();
    };
    if (member.status.phase === 'collecting') done();
  });
}

/** Starts the next round whenever one has ended. */
function keepTraining(member: FederationMember): void {
  let training = false;
  const next = () => {
    training = member.trainNow() === 'started' || training;
  };
  member.on('status', ({ phase }) => {
    const ended = training && phase !== 'training' && phase !== 'stopped';
    training = phase === 'training';
    // After the event, because the participant still stores the results of the round that ended.
    if (ended) setImmediate(next);
  });
  next();
}
