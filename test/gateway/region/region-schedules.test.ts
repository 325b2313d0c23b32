import { ok } from 'node:assert/strict';
import { SeededRandom } from '../../../gateway/platform';
import { aMoment } from '../../support/waiting';
import { type Gateway, settle } from '../coordinator/fleet-harness';
import { first, killRegion, type RunningRegion, TwoFloors } from './two-floors';

const seeds = 6;
const events = 14;

/** A region and a federation above, to which a seeded schedule happens. */
class Schedule {
  readonly floors = new TwoFloors();
  private readonly random: SeededRandom;
  private hub!: Awaited<ReturnType<TwoFloors['hub']>>;
  private running!: RunningRegion;
  private local!: Gateway;
  private direct!: Gateway;
  private start = 0;
  /** The sum of everything that was sent by gateways, of which each number moves the model by itself. */
  private sum = 0;
  private folder = '';

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  async run(): Promise<void> {
    const { floors } = this;
    this.folder = await floors.below.folder();
    const { hub, start, running, a } = await floors.begun({ folder: this.folder });
    this.hub = hub;
    this.start = start;
    this.running = running;
    this.local = a;
    this.direct = await floors.above.gateway('direct');
    for (let i = 0; i < events; i++) await this.event();
    this.running.up.transport.reconnect();
    const expected = this.start + this.sum;
    const isThere = (value: number) => Math.abs(value - expected) < 1e-3;
    await floors
      .passUntil(() => isThere(first(this.hub.coordinator)) && isThere(first(this.running.region)))
      .catch(() => undefined);
    const found = [first(this.hub.coordinator), first(this.running.region)].map(
      (value) => value - this.start,
    );
    ok(
      found.every((value) => Math.abs(value - this.sum) < 1e-3),
      `sent ${this.sum}, above and in the region ${found.join(' and ')}`,
    );
  }

  private async event(): Promise<void> {
    const { floors, random, running, hub } = this;
    const draw = random.uniform();
    if (draw < 0.4) await this.sendsBelow();
    else if (draw < 0.55) {
      const { lineage, version } = hub.coordinator.status;
      await this.direct.send(this.direct.update(lineage, this.number(), { baseVersion: version }));
    } else if (draw < 0.7) running.up.transport.drop({ stay: true });
    else if (draw < 0.8) running.up.transport.reconnect();
    else if (draw < 0.9) {
      this.folder = await killRegion(running, this.folder);
      this.running = await floors.region({ folder: this.folder });
      await floors.ready(this.running);
    } else floors.above.clock.advance(random.integer(40_000));
    // A part of what follows has happened when the next event comes.
    for (let i = random.integer(4); i > 0; i--) {
      floors.above.clock.advance(20);
      await (random.uniform() < 0.5 ? aMoment() : settle(2));
    }
  }

  /** A gateway of the region sends until it has its acknowledgement, as its outbox would. */
  private async sendsBelow(): Promise<void> {
    const { floors, local, running } = this;
    const { lineage, version } = running.region.status;
    const update = local.update(lineage, this.number(), { baseVersion: version });
    await local.send(update);
    await floors.passUntil(() => local.ackOf(update)?.status === 'accepted');
  }

  private number(): number {
    const value = 1 + this.random.integer(9);
    this.sum += value;
    return value;
  }
}

describe('a region that is cut off and killed at any moment', () => {
  for (let seed = 1; seed <= seeds; seed++)
    it(`gives each update of its gateways to the federation above once (schedule ${seed})`, async () => {
      const schedule = new Schedule(seed);
      try {
        await schedule.run();
      } finally {
        await schedule.floors.close();
      }
    });
});
