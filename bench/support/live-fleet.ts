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

/** A version of a live run, and the model that would be used then. */
export interface LiveVersion {
  readonly version: number;
  /** Since every gateway held the first model, ms on the real clock. */
  readonly timeMs: number;
  readonly contributions: VersionReport['contributions'];
  readonly parameters: Float32Array;
}

export interface LiveOptions {
  readonly url: string;
  readonly prepared: Prepared;
  readonly seed: number;
  readonly versions: number;
  /** Of a gateway at normal speed, and how many times slower the stragglers are. */
  readonly stepMs: number;
  readonly slowdown: number;
  readonly onVersion?: (version: LiveVersion) => void;
}

/**
 * The scenario's fleet for real: each gateway with a connection, a session and a training thread of its own, in one round
 * after the other; the coordinator with another. Real broker, real clock.
 */
export async function runLive(options: LiveOptions): Promise<LiveVersion[]> {
  const { prepared, seed, versions, url } = options;
  const federation = `live-${process.pid}-${seed}`;
  const random = new SeededRandom(seed);
  const coordinator = await createCoordinator({ federation, broker: url, task: prepared.task, random });
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
    // Not from within the event: the round that ended is still being stored.
    if (ended) setImmediate(next);
  });
  next();
}
