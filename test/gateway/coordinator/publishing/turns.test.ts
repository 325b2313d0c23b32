import { deepEqual, equal, ok } from 'node:assert/strict';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import { GlobalModel } from '../../../../gateway/coordinator/model/global-model';
import { createServerOptimiser } from '../../../../gateway/coordinator/server-optimiser';
import { type Resumable, runSync, stepNumbers, type YieldToEventLoop } from '../../../../gateway/platform';
import { contribution } from '../aggregation/contributions';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

/** Turns of the event loop that come when the test lets them, and the number of those requested. */
class Gate {
  requested = 0;
  private waiting: (() => void)[] = [];
  private opened = true;

  readonly turn: YieldToEventLoop = () => {
    this.requested++;
    if (this.opened) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => this.waiting.push(resolve));
  };

  get held(): boolean {
    return this.waiting.length > 0;
  }

  close(): void {
    this.opened = false;
  }

  /** Lets one turn come. */
  next(): void {
    this.waiting.shift()?.();
  }

  open(): void {
    this.opened = true;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** A model whose versions take several steps, with a server that has state and patches that round. */
class LargeModel {
  readonly size = 2 * stepNumbers + 77;
  readonly model = new GlobalModel(
    Float32Array.from({ length: this.size }, (_, i) => Math.sin(i)),
    3,
  );
  private readonly server = createServerOptimiser(
    tinyTask({ aggregation: { server: { kind: 'adam' } } }).aggregation.server,
  );

  advance(seed: number, from = 0): ReturnType<GlobalModel['advance']> {
    const direction = new PseudoGradient(this.size);
    const length = this.size - from;
    const delta = Array.from({ length }, (_, i) => Math.cos(seed + i * seed));
    runSync(direction.mean([contribution(delta, { segments: [{ offset: from, length }] })], [1]));
    return this.model.advance(direction, this.server, [], 'int8');
  }
}

function stepsOf<T>(steps: Resumable<T>, meanwhile: () => void): { value: T; count: number } {
  for (let count = 0; ; count++) {
    const { done, value } = steps.next();
    if (done) return { value, count };
    meanwhile();
  }
}

describe('a version that is made with pauses', () => {
  it('is the same as one made without, and is visible only when it is complete', () => {
    const paused = new LargeModel();
    const unpaused = new LargeModel();
    for (const [seed, from] of [
      [1, 0],
      [2, 40_000],
      [3, 5],
    ] as const) {
      const { version, parameters } = paused.model;
      const before = [parameters.exact.slice(), parameters.published.slice(), parameters.average.slice()];
      const { value, count } = stepsOf(paused.advance(seed, from), () => {
        equal(paused.model.version, version);
        const { exact, published, average } = paused.model.parameters;
        ok(Buffer.from(exact.buffer).equals(Buffer.from(before[0]!.buffer)));
        ok(Buffer.from(published.buffer).equals(Buffer.from(before[1]!.buffer)));
        ok(Buffer.from(average.buffer).equals(Buffer.from(before[2]!.buffer)));
      });
      ok(count > 10);
      deepEqual(value, runSync(unpaused.advance(seed, from)));
      deepEqual(paused.model.parameters, unpaused.model.parameters);
      equal(paused.model.version, version + 1);
    }
  });
});

describe('a coordinator that pauses while it makes a version', () => {
  let fleet: Fleet;
  afterEach(() => fleet.close());

  async function begin() {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1 } }));
    const gate = new Gate();
    const watched = await fleet.coordinator({ yieldToEventLoop: gate.turn });
    const gateway = await fleet.gateway('a');
    const { lineage } = watched.coordinator.status;
    return { gate, gateway, lineage, ...watched };
  }

  it('shows the previous version until the new one is on disk, at every pause', async () => {
    const { gate, gateway, lineage, coordinator, versions } = await begin();
    const before = coordinator.export('current').parameters;
    gate.close();
    const update = gateway.update(lineage, 0.5);
    await gateway.send(update);
    await until(() => gate.held);
    equal(gateway.ackOf(update), undefined);
    let turns = 0;
    for (; coordinator.status.version === 0; turns++) {
      deepEqual(coordinator.export('current').parameters, before);
      equal(versions.length, 0);
      gate.next();
      await settle();
    }
    ok(turns > 5);
    gate.open();
    await until(() => versions.length === 1);
    equal(gateway.ackOf(update)?.status, 'accepted');
  });

  it('lets an update that comes meanwhile wait for the next version', async () => {
    const { gate, gateway, lineage, coordinator, versions } = await begin();
    gate.close();
    const first = gateway.update(lineage, 0.5);
    await gateway.send(first);
    while (!gateway.ackOf(first)) {
      gate.next();
      await settle();
    }
    ok(gate.held);
    const second = gateway.update(lineage, 0.25);
    await gateway.send(second);
    await settle();
    equal(gateway.ackOf(second), undefined);
    equal(coordinator.status.version, 0);
    gate.open();
    await until(() => versions.length === 2);
    deepEqual(
      versions.map(({ version, contributions }) => [version, contributions.length]),
      [
        [1, 1],
        [2, 1],
      ],
    );
    equal(gateway.ackOf(second)?.status, 'accepted');
  });

  it('finishes the version if it is paused or stopped in the middle, before it stops', async () => {
    const { gate, gateway, lineage, coordinator, versions } = await begin();
    gate.close();
    const update = gateway.update(lineage, 0.5);
    await gateway.send(update);
    while (!gateway.ackOf(update)) {
      gate.next();
      await settle();
    }
    coordinator.pause();
    let stopped = false;
    const stopping = coordinator.stop().then(() => {
      stopped = true;
    });
    await settle();
    equal(stopped, false);
    equal(versions.length, 0);
    gate.open();
    await stopping;
    equal(versions.length, 1);
    equal(coordinator.export('current').version, 1);
  });
});
