import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { CoordinatorState } from '../../../../gateway/coordinator/state/coordinator-state';
import { apartMs, FailedVersions } from '../../../../gateway/coordinator/updates/failed-versions';
import { UpdatePipeline } from '../../../../gateway/coordinator/updates/update-pipeline';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { Fleet, kill, settle, tinyTask, until } from '../fleet-harness';

/** Lets the next versions fail, so many of them. @returns an end to that */
function breakVersions(count: number): () => void {
  const { combine } = CoordinatorState.prototype;
  let left = count;
  CoordinatorState.prototype.combine = function* (contributions) {
    if (left-- > 0) throw new RangeError('Array buffer allocation failed');
    return yield* combine.call(this, contributions);
  };
  return () => {
    CoordinatorState.prototype.combine = combine;
  };
}

describe('a version that cannot be made', () => {
  for (const privacy of [undefined, { level: 'gateway', contributions: 3, separation: 1, clip: 1 } as const])
    it(`loses none of its contributions${privacy ? ', and pays for them once' : ''}`, async () => {
      const fleet = new Fleet(
        tinyTask({ aggregation: { bufferSize: 2, robust: 'none' }, ...(privacy && { privacy }) }),
      );
      const restore = breakVersions(1);
      try {
        const { coordinator, versions, problems } = await fleet.coordinator();
        const { lineage } = coordinator.status;
        for (const id of ['a', 'b']) {
          const gateway = await fleet.gateway(id);
          await gateway.send(gateway.update(lineage, 0.5));
          await until(() => gateway.acks.length === 1);
        }
        await until(() => problems.length === 1);
        match(problems[0]!.message, /allocation failed/);
        equal(versions.length, 0);
        // Nobody sends more, and the next attempt comes by itself.
        fleet.clock.advance(fleet.task.aggregation.maxWaitMs);
        await until(() => versions.length === 1);
        deepEqual(
          versions[0]!.contributions.map(({ gateway }) => gateway),
          ['a', 'b'],
        );
        for (const { id, privacy: spent } of coordinator.status.gateways)
          equal(spent?.contributions, privacy && 1, `what ${id} has paid`);
      } finally {
        restore();
        await fleet.close();
      }
    });
});

describe('the contributions of versions that fail', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((gateway) => ({ gateway }) as Contribution);
  const namesOf = (given: readonly Contribution[]) => given.map(({ gateway }) => gateway);

  it('are given up after three failures that all had them, whatever else came in between', () => {
    const failed = new FailedVersions();
    deepEqual(namesOf(failed.failed([a!, b!], 0)), []);
    deepEqual(namesOf(failed.failed([a!, b!, c!], apartMs)), []);
    deepEqual(namesOf(failed.failed([b!, c!, d!], 2 * apartMs)), ['b']);
    deepEqual(
      namesOf(failed.failed([c!, d!], 3 * apartMs)),
      [],
      'the others have three attempts of their own',
    );
  });

  it('are counted from one again if none of them is left, so that others have their own three attempts', () => {
    const failed = new FailedVersions();
    for (let i = 0; i < 2; i++) deepEqual(namesOf(failed.failed([a!, b!], i * apartMs)), []);
    for (let i = 2; i < 4; i++) deepEqual(namesOf(failed.failed([c!, d!], i * apartMs)), []);
    deepEqual(namesOf(failed.failed([c!, d!], 4 * apartMs)), ['c', 'd']);
  });

  it('stay while failures come within seconds, as when memory lacks for a moment', () => {
    const failed = new FailedVersions();
    for (let i = 0; i < 20; i++) deepEqual(namesOf(failed.failed([a!, b!], i * 400)), []);
    failed.made();
    for (let i = 0; i < 2; i++) deepEqual(namesOf(failed.failed([a!, b!], (2 + i) * apartMs)), []);
  });

  it('are named when they are given up, come back at no later start, and hold up no others', async () => {
    const fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 2, robust: 'none' } }));
    const restore = breakVersions(Number.POSITIVE_INFINITY);
    try {
      const folder = await fleet.folder();
      const first = await fleet.coordinator({ folder });
      const { lineage } = first.coordinator.status;
      const send = async (...ids: string[]) => {
        for (const id of ids) {
          const gateway = await fleet.gateway(id);
          await gateway.send(gateway.update(lineage, 0.5));
          await until(() => gateway.acks.length === 1);
        }
      };
      await send('a', 'b', 'c');
      const said = () => first.notices.filter(({ code }) => code === 'version-failed');
      for (let i = 0; i < 2; i++) {
        await settle();
        equal(said().length, 0);
        fleet.clock.advance(fleet.task.aggregation.maxWaitMs);
      }
      await until(() => said().length === 1);
      match(
        said()[0]!.text,
        /^updates of a, b that waited are dropped: 3 attempts at a version with them failed/,
      );
      equal(first.coordinator.status.buffered, 1);
      restore();
      await kill(first, folder);
      const { coordinator, versions } = await fleet.coordinator({ folder });
      equal(coordinator.status.buffered, 1);
      await send('d');
      await until(() => versions.length === 1);
      deepEqual(
        versions[0]!.contributions.map(({ gateway }) => gateway),
        ['c', 'd'],
      );
    } finally {
      restore();
      await fleet.close();
    }
  });
});

/** A pipeline of masked updates of some gateways that wait; a version is of the two oldest. */
function maskedPipeline(gateways: readonly string[], out: ReadonlySet<string> = new Set()) {
  const lost: string[] = [];
  const made: (readonly Contribution[])[] = [];
  const noted: (readonly string[])[] = [];
  let failures = 0;
  const state = {
    layout: {},
    version: 1,
    lineage: 'x',
    capacity: 2,
    task: { aggregation: { maxWaitMs: 1000 } },
    recall: () => undefined,
    ready: ({ length }: readonly Contribution[]) => (length >= 2 ? 2 : 0),
    checkpoint: () => ({}),
    *mark() {
      yield;
      return () => undefined;
    },
    *combine() {
      yield;
      if (failures-- > 0) throw new RangeError('Array buffer allocation failed');
      return [];
    },
    *advance() {
      yield;
      return { overflowed: 0 };
    },
  };
  const sums = {
    openable: (waiting: readonly Contribution[], count: number) => waiting.slice(0, Math.min(2, count)),
    outdated: () => [],
    noteWaiting: (waiting: readonly Contribution[]) => noted.push(waiting.map(({ gateway }) => gateway)),
    open: async (wanted: readonly Contribution[]) => ({
      kind: 'opened',
      contributions: wanted.map((one) => ({ ...one, delta: Float32Array.of(7) })),
    }),
  };
  const pipeline = new UpdatePipeline({
    state,
    sums,
    counts: (gateway: string) => !out.has(gateway),
    onLost: (text: string) => lost.push(text),
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    modelStore: { commit: async () => undefined },
    keep: () => [],
    beforePublishing: async () => undefined,
    publish: ({ contributions }: { contributions: readonly Contribution[] }) => made.push(contributions),
    onChange: () => undefined,
    onStorage: () => undefined,
  } as never);
  const waiting = gateways.map((gateway, i) => ({
    gateway,
    id: `${i}`,
    delta: new Float32Array(1),
    masks: {},
  }));
  pipeline.recall(waiting as unknown as Contribution[]);
  const fail = (count: number) => {
    failures = count;
  };
  return { pipeline, made, noted, lost, fail };
}

describe('masked updates of a version that cannot be made', () => {
  it('are the next version, with the sum that was opened, and are opened no second time', async () => {
    const { pipeline, made, fail } = maskedPipeline(['a', 'b']);
    fail(2);
    for (let i = 0; i < 2; i++) await rejects(pipeline.applyNow(), /allocation failed/);
    equal(pipeline.buffer.size, 0);
    await pipeline.applyNow();
    deepEqual(
      made[0]!.map(({ gateway, delta }) => [gateway, ...delta]),
      [
        ['a', 7],
        ['b', 7],
      ],
    );
    await pipeline.applyNow();
    equal(made.length, 1);
  });
});

describe('the opened sum of a version that cannot be made', () => {
  it('is dropped when one of its gateways is excluded: nobody can take its update out', async () => {
    const out = new Set<string>();
    const { pipeline, made, lost, fail } = maskedPipeline(['a', 'b'], out);
    fail(1);
    await rejects(pipeline.applyNow(), /allocation failed/);
    out.add('a');
    equal(pipeline.discard(), 2);
    await pipeline.applyNow();
    equal(made.length, 0);
    match(lost.join(), /^updates of a, b that waited are dropped: their sum holds an update of a gateway/);
  });
});

describe('masked updates that are left after a version', () => {
  it('are not said to wait for other gateways as long as they are too few for a version', async () => {
    const { pipeline, made, noted } = maskedPipeline(['a', 'b', 'c']);
    await pipeline.applyNow();
    equal(made.length, 1);
    equal(pipeline.buffer.size, 1);
    deepEqual(noted.at(-1), []);
  });
});
