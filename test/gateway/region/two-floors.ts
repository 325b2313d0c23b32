import { cpSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { VersionReport } from '../../../gateway/coordinator';
import type { ModelFollower } from '../../../gateway/participant';
import { type Notice, SeededRandom } from '../../../gateway/platform';
import { Region, type RegionOptions } from '../../../gateway/region';
import type { TransportSession } from '../../../gateway/session';
import type { Task, TaskInput } from '../../../gateway/task';
import type { MemoryTransport } from '../../../gateway/transport';
import { Fleet, type Gateway, settle, tinyTask, until, type Watched } from '../coordinator/fleet-harness';

/** A task in which each update makes a version, and moves the model by its whole delta. */
export const summing = (more: Partial<TaskInput> = {}) =>
  tinyTask({
    aggregation: {
      bufferSize: 1,
      age: { kind: 'constant' },
      damping: 0,
      server: { kind: 'sgd', learningRate: 1 },
      maxWaitMs: 600_000,
    },
    ...more,
  });

/** A running region, with everything that it emitted. */
export interface RunningRegion {
  readonly region: Region;
  readonly up: { readonly session: TransportSession; readonly transport: MemoryTransport };
  readonly down: { readonly session: TransportSession; readonly transport: MemoryTransport };
  readonly versions: VersionReport[];
  readonly notices: Notice[];
  readonly problems: Error[];
}

/** The first parameter of a model. */
export const first = (role: { export(which: 'current'): { parameters: Float32Array } }): number =>
  role.export('current').parameters[0]!;

/** A federation, and the federation of one region of it, on one clock. */
export class TwoFloors {
  readonly above: Fleet;
  readonly below: Fleet;
  private readonly running: RunningRegion[] = [];
  private seed = 1000;

  constructor(task: Task = summing()) {
    this.above = new Fleet(task);
    this.below = new Fleet(task, this.above.clock);
  }

  /** The coordinator above, started. */
  hub(folder?: string): Promise<Watched> {
    return this.above.coordinator({ folder });
  }

  /**
   * A region that runs. It has taken a version if `hub` is there or its folder holds one.
   * @param beforeStart called with the region before it starts
   * @param followerOf makes a copy of the model above that the region shares
   */
  async region(
    options: Partial<RegionOptions> = {},
    id = 'region',
    {
      beforeStart,
      followerOf,
    }: {
      readonly beforeStart?: (region: Region) => void;
      readonly followerOf?: (session: TransportSession) => ModelFollower;
    } = {},
  ): Promise<RunningRegion> {
    const up = this.above.session(id);
    const down = this.below.session('hub');
    const running: RunningRegion = {
      ...{ up, down, versions: [], notices: [], problems: [] },
      region: new Region({
        session: down.session,
        onConnection: (listener) => down.transport.onState(listener),
        above: {
          session: up.session,
          onConnection: (listener) => up.transport.onState(listener),
          pace: { versions: 1, ms: 'auto' },
          ...(followerOf && { follower: followerOf(up.session) }),
        },
        ...{ task: undefined, folder: undefined, clock: this.above.clock },
        random: new SeededRandom(this.seed++),
        ...options,
      }),
    };
    const { region } = running;
    region.on('version', (report) => running.versions.push(report));
    region.on('notice', (notice) => running.notices.push(notice));
    region.on('problem', (problem) => running.problems.push(problem));
    this.running.push(running);
    beforeStart?.(region);
    const started = region.start();
    started.catch((error) => running.problems.push(error));
    await settle();
    return running;
  }

  /** A coordinator above, a region that works, and a gateway of it. `start` is the first parameter of the model. */
  async begun(options: Partial<RegionOptions> = {}) {
    const hub = await this.hub();
    const start = first(hub.coordinator);
    const running = await this.region(options);
    await this.ready(running);
    return { hub, start, running, a: await this.gateway() };
  }

  /** Waits until a region works. */
  async ready({ region }: RunningRegion): Promise<void> {
    await this.passUntil(() => region.status.phase === 'collecting');
  }

  /**
   * Lets time pass, slowly enough for a disk, until a condition holds: a snapshot is requested after a wait, which spreads the
   * requests of many gateways, and a coordinator looks for another one before it begins.
   */
  async passUntil(condition: () => boolean): Promise<void> {
    await until(() => {
      if (condition()) return true;
      this.above.clock.advance(20);
      return false;
    });
  }

  /** A gateway of the region. */
  gateway(id = 'a'): Promise<Gateway> {
    return this.below.gateway(id);
  }

  async close(): Promise<void> {
    for (const { up, down, region } of this.running) {
      up.transport.reconnect();
      down.transport.reconnect();
      await region.stop();
    }
    await this.below.close();
    await this.above.close();
  }
}

/**
 * Ends a region as the end of its process would. The objects of this test live on, so the next process gets a copy of the disk.
 * @returns the folder for it
 */
export async function killRegion({ up, down }: RunningRegion, folder: string): Promise<string> {
  up.transport.drop({ stay: true });
  down.transport.drop({ stay: true });
  const copy = `${folder}+`;
  for (let tries = 0; ; tries++) {
    try {
      // In one turn, so that the copy is what a power failure would leave.
      cpSync(folder, copy, { recursive: true });
      break;
    } catch (error) {
      // A file that the disk was about to remove.
      if (tries === 10) throw error;
      rmSync(copy, { recursive: true, force: true });
      await settle(2);
    }
  }
  await rm(join(copy, 'lock'), { force: true });
  return copy;
}
