import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';
import { GlobalModel } from '../../../../gateway/coordinator/model/global-model';
import { Robustness } from '../../../../gateway/coordinator/robust';
import { SgdServer } from '../../../../gateway/coordinator/server-optimiser';
import { CoordinatorState } from '../../../../gateway/coordinator/state/coordinator-state';
import { apartMs } from '../../../../gateway/coordinator/updates/failed-versions';
import { UpdatePipeline } from '../../../../gateway/coordinator/updates/update-pipeline';
import type { NewVersion } from '../../../../gateway/coordinator/updates/version-writer';
import { initialParameters, parameterLayout } from '../../../../gateway/model';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { type Task, type TaskInput, taskModel } from '../../../../gateway/task';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';

const failure = /Array buffer allocation failed/;

/** A pipeline on a real state; what is written and published stays in memory. */
function worldOf(task: Task, counts?: (gateway: string) => boolean) {
  const model = taskModel(task);
  const layout = parameterLayout(model);
  const members = new Membership(100);
  const state = new CoordinatorState(task, layout, '0'.repeat(16), initialParameters(model, 1), members);
  const published: NewVersion[] = [];
  const committed: number[] = [];
  const said: string[] = [];
  const clock = new VirtualClock();
  const pipeline = new UpdatePipeline({
    state,
    counts,
    clock,
    random: new SeededRandom(1),
    modelStore: {
      commit: async ({ appliedThrough }: { appliedThrough: number }) => void committed.push(appliedThrough),
    },
    keep: () => [],
    beforePublishing: async () => undefined,
    publish: (version: NewVersion) => published.push(version),
    onGivenUp: (text: string) => said.push(text),
    onChange: () => undefined,
    onStorage: () => undefined,
    onProblem: () => undefined,
  } as never);
  return { state, pipeline, clock, published, committed, said };
}

/** Updates of six of nine gateways for the version after `version`, one of them long, with ages up to four versions. */
function updatesFor(version: number, random: SeededRandom): Contribution[] {
  return Array.from({ length: 6 }, (_, i) =>
    contribution(
      Array.from({ length: 9 }, () => (0.3 + random.normal()) * (i === 2 ? 40 : 1)),
      {
        gateway: `gateway-${(i + 4 * version) % 9}`,
        baseVersion: Math.max(0, version - (i % 5)),
        sequence: 6 * version + i + 1,
      },
    ),
  );
}

const bitsOf = (values: Float32Array) => Buffer.from(values.slice().buffer).toString('hex');
const bitsOfAll = (arrays: ReadonlyMap<string, Float32Array>) =>
  [...arrays].map(([name, values]) => [name, bitsOf(values)]);

/** Everything of a state that a checkpoint holds and a version moves. */
function contentOf(state: CoordinatorState) {
  const { version, appliedThrough, parameters, server, aggregator, past } = state.checkpoint();
  const { exact, published, average } = parameters;
  const model = [exact, published, average].map(bitsOf);
  return { version, appliedThrough, model, server: bitsOfAll(server), rule: bitsOfAll(aggregator), past };
}

type Method = (...given: never[]) => unknown;

/** Lets a method fail at its end as often as is said, after it has done all that it does. */
function failing(owner: object, name: string) {
  const methods = owner as Record<string, Method>;
  const whole = methods[name]!;
  let left = 0;
  const end = () => {
    if (left-- > 0) throw new RangeError('Array buffer allocation failed');
  };
  const isResumable = whole.constructor.name === 'GeneratorFunction';
  methods[name] = isResumable
    ? function* (this: unknown, ...given: never[]) {
        const result = yield* whole.apply(this, given) as Generator;
        end();
        return result;
      }
    : function (this: unknown, ...given: never[]) {
        const result = whole.apply(this, given);
        end();
        return result;
      };
  return {
    fail: (times: number) => {
      left = times;
    },
    restore: () => {
      methods[name] = whole;
    },
  };
}

const versions = 8;

async function learned(
  task: Task,
  beforeVersion: (version: number, world: ReturnType<typeof worldOf>) => Promise<void>,
) {
  const world = worldOf(task);
  const random = new SeededRandom(7);
  for (let version = 0; version < versions; version++) {
    world.pipeline.recall(updatesFor(version, random));
    await beforeVersion(version, world);
    await world.pipeline.applyNow();
  }
  return { ...world, content: contentOf(world.state) };
}

describe('a version that fails part-way and is tried again', () => {
  const momentum = { kind: 'sgd', learningRate: 0.5, momentum: 0.9 } as const;
  const settings: Readonly<Record<string, TaskInput['aggregation']>> = {
    'momentum and clipping': { server: momentum, robust: 'clip' },
    'trust and damping that has forgotten versions': {
      robust: 'trust',
      damping: 0.5,
      maxAge: 1,
      server: momentum,
    },
    'the median': { robust: 'median', server: momentum },
    'krum without damping': { robust: 'krum', damping: 0, server: momentum },
    ca2fl: { rule: { kind: 'ca2fl' }, robust: 'none', server: momentum },
  };
  const places: readonly (readonly [string, object, string])[] = [
    ['the treatment', Robustness.prototype, 'treat'],
    ['the combination', CoordinatorState.prototype, 'combine'],
    ['the step of the server', SgdServer.prototype, 'step'],
  ];

  for (const [name, aggregation] of Object.entries(settings))
    for (const [place, owner, method] of places)
      it(`has the bits of an undisturbed one with ${name}, if it fails after ${place}`, async () => {
        const task = tinyTask({ aggregation: { bufferSize: 6, ...aggregation } });
        const { content } = await learned(task, async () => undefined);
        const { fail, restore } = failing(owner, method);
        try {
          const disturbed = await learned(task, async (version, { pipeline }) => {
            if (version !== 3 && version !== versions - 1) return;
            fail(2);
            for (let i = 0; i < 2; i++) await rejects(pipeline.applyNow(), failure);
          });
          deepEqual(disturbed.content, content);
        } finally {
          restore();
        }
      });

  it('is not made a second time if only the word about it has failed', async () => {
    const task = tinyTask({ aggregation: { bufferSize: 6, server: momentum } });
    const { content } = await learned(task, async () => undefined);
    const { fail, restore } = failing(GlobalModel.prototype, 'advance');
    try {
      const { content: disturbed, published } = await learned(task, async (version, { pipeline, state }) => {
        if (version !== 3) return;
        fail(1);
        await rejects(pipeline.applyNow(), failure);
        equal(state.version, 4);
        equal(pipeline.buffer.size, 0);
        ok(pipeline.saved);
      });
      deepEqual(disturbed.model, content.model);
      equal(published.length, versions);
      // Gateways take it whole: what has changed is not known.
      equal(published[3]?.change, undefined);
    } finally {
      restore();
    }
  });

  it('brings no memory back of a gateway that was taken out of the federation meanwhile', () => {
    const robustness = new Robustness('trust', 9, false);
    const { memory } = robustness['trust']!;
    memory.judge(
      new Map(['a', 'b'].map((id) => [id, { peers: 1, direction: 1, isLong: false, pull: 1 }])),
      1,
    );
    const undo = robustness.mark();
    robustness.exclude('b');
    undo();
    deepEqual([...memory['gateways'].keys()], ['a']);
  });
});

describe('the update of a gateway that was excluded while a version failed', () => {
  it('does not wait for the next attempt', async () => {
    const out = new Set<string>();
    const { pipeline, published } = worldOf(
      tinyTask({ aggregation: { bufferSize: 6 } }),
      (id) => !out.has(id),
    );
    const { fail, restore } = failing(CoordinatorState.prototype, 'combine');
    try {
      pipeline.recall(updatesFor(0, new SeededRandom(7)));
      fail(1);
      const attempt = pipeline.applyNow();
      // As an exclusion does, in the middle of a version.
      const { combine } = CoordinatorState.prototype;
      CoordinatorState.prototype.combine = function* (contributions) {
        out.add('gateway-2');
        pipeline.discard();
        return yield* combine.call(this, contributions);
      };
      await rejects(attempt, failure);
      deepEqual(
        pipeline.buffer.contributions.map(({ gateway }) => gateway),
        [0, 1, 3, 4, 5].map((i) => `gateway-${i}`),
      );
      await pipeline.applyNow();
      equal(published[0]?.contributions.length, 5);
    } finally {
      restore();
    }
  });

  it('is no part of a version either if nobody has dropped it when it was excluded', async () => {
    const out = new Set<string>();
    const { pipeline, published } = worldOf(
      tinyTask({ aggregation: { bufferSize: 6 } }),
      (id) => !out.has(id),
    );
    pipeline.recall(updatesFor(0, new SeededRandom(7)));
    out.add('gateway-0');
    await pipeline.applyNow();
    equal(published[0]?.contributions.length, 5);
  });
});

describe('updates that each version fails with', () => {
  it('are given up after the third, with their gateways named, and no start finds them again', async () => {
    const { combine } = CoordinatorState.prototype;
    CoordinatorState.prototype.combine = function* (contributions) {
      if (contributions.some(({ gateway }) => gateway === 'gateway-2'))
        throw new RangeError('it cannot be read');
      return yield* combine.call(this, contributions);
    };
    try {
      const world = worldOf(tinyTask({ aggregation: { bufferSize: 6 } }));
      const { pipeline, clock, said, committed, published, state } = world;
      const random = new SeededRandom(7);
      pipeline.recall(updatesFor(0, random));
      for (let i = 0; i < 3; i++) {
        deepEqual(said, []);
        equal(pipeline.buffer.size, 6 + i);
        await rejects(pipeline.applyNow(), /it cannot be read/);
        clock.advance(apartMs);
        // Updates that came later are no part of all three.
        if (i < 2) pipeline.recall(updatesFor(1, random).slice(i, i + 1));
      }
      equal(said.length, 1);
      match(
        said[0]!,
        /^updates of gateway-0, gateway-1, .* and 1 others that waited are dropped: 3 attempts .* \(it cannot be read\)$/,
      );
      deepEqual(committed, [6]);
      equal(pipeline.buffer.size, 2);
      await pipeline.applyNow();
      equal(state.version, 1);
      deepEqual(
        published[0]!.contributions.map(({ gateway }) => gateway),
        ['gateway-4', 'gateway-5'],
      );
    } finally {
      CoordinatorState.prototype.combine = combine;
    }
  });
});
