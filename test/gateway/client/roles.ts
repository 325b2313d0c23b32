import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CoordinatorSettings,
  createCoordinator,
  type FederationCoordinator,
  type FederationMember,
  joinFederation,
  type MemberSettings,
  SeededRandom,
} from '../../../gateway';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { choosePlan } from '../../../gateway/participant';
import { silentLog, systemClock } from '../../../gateway/platform';

/** A small task; each update makes a version. */
export const task = {
  name: 'front door',
  input: { channels: [{ name: 'x' }], rateHz: 10, length: 8, hop: 8 },
  labels: ['resting', 'moving'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
  training: { batchSize: 8, epochs: 2, minSamples: 8 },
  aggregation: { bufferSize: 1 },
} as const satisfies CoordinatorSettings['task'];

/** The same with a model of which a part can be trained. */
export const wideTask = {
  ...task,
  model: {
    layers: [
      { type: 'flatten' },
      { type: 'dense', units: 200 },
      { type: 'relu' },
      { type: 'dense', units: 2 },
    ],
  },
} satisfies CoordinatorSettings['task'];

let names = 0;

/** The roles of a federation in one process, for each test its own, which are closed after it. */
export class Roles {
  broker = '';
  folder = '';
  private readonly opened: { close(): Promise<void> }[] = [];

  /** Call it in a `describe`. */
  constructor() {
    beforeEach(async () => {
      this.broker = `memory:front-door-${names++}`;
      this.folder = await mkdtemp(join(tmpdir(), 'front-door-'));
    });
    afterEach(async () => {
      await Promise.all(this.opened.splice(0).map((each) => each.close()));
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  /** Closes a role after the test. */
  closing<Role extends { close(): Promise<void> }>(role: Role): Role {
    this.opened.push(role);
    return role;
  }

  async coordinator(more: Partial<CoordinatorSettings> = {}): Promise<FederationCoordinator> {
    const made = await createCoordinator({
      federation: 'demo',
      broker: this.broker,
      task,
      createTrainer,
      leaseWaitMs: 20,
      random: new SeededRandom(1),
      log: silentLog,
      ...more,
    });
    return this.closing(made);
  }

  async member(more: Partial<MemberSettings> = {}): Promise<FederationMember> {
    const made = await joinFederation({
      federation: 'demo',
      broker: this.broker,
      id: 'edge',
      budget: '64k',
      createTrainer,
      choosePlan,
      trigger: { newWindows: 8 },
      random: new SeededRandom(2),
      log: silentLog,
      ...more,
    });
    return this.closing(made);
  }
}

const createTrainer = () => new InlineTrainer(createEngine(), systemClock);

/** A window of the task. */
export const windowOf = (label: string, noise: SeededRandom): Float32Array =>
  Float32Array.from({ length: 8 }, () => noise.normal() * 0.3 + (label === 'moving' ? 1 : -1));

/** Gives labelled windows to a role. */
export function feed(
  target: { add(window: Float32Array, label: string): void },
  count: number,
  seed: number,
): void {
  const noise = new SeededRandom(seed);
  for (let i = 0; i < count; i++) {
    const label = i % 2 === 0 ? 'moving' : 'resting';
    target.add(windowOf(label, noise), label);
  }
}

/** Resolves when the status is as expected. */
export function until<Status>(
  role: { readonly status: Status; on(name: 'status', listener: () => void): () => void },
  expected: (status: Status) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (expected(role.status)) resolve();
    };
    role.on('status', check);
    check();
  });
}
