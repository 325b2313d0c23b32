import { deepEqual, equal, ok } from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import type { CoordinatorRole as Coordinator } from '../../../../gateway/coordinator';
import { type Plan, parameterLayout, planSegments, segmentsSize } from '../../../../gateway/model';
import { SeededRandom } from '../../../../gateway/platform';
import { modelKey, type TaskInput, taskModel } from '../../../../gateway/task';
import { Fleet, kill, tinyTask, until, type Watched } from '../fleet-harness';

type Aggregation = NonNullable<TaskInput['aggregation']>;

/** Rules and server optimisers with something to remember, and one that remembers nothing. */
const memories: Readonly<Record<string, Aggregation>> = {
  'damping, the default': {},
  'damping over few versions': { maxAge: 1 },
  'damping and momentum': { server: { kind: 'sgd', momentum: 0.9 } },
  'damping and Yogi': { server: { kind: 'yogi' } },
  'no damping, Adam': { damping: 0, server: { kind: 'adam' } },
  ca2fl: { rule: { kind: 'ca2fl' } },
  'ca2fl with a cache for two gateways': { rule: { kind: 'ca2fl', cacheBytes: 120 } },
  fadas: { rule: { kind: 'fadas' } },
  fedasync: { rule: { kind: 'fedasync' } },
  fedbuff: { rule: { kind: 'fedbuff' } },
  trust: { robust: 'trust' },
  'clipping, ca2fl': { robust: 'clip', rule: { kind: 'ca2fl' } },
};

const gateways = ['a', 'b', 'c'];
/** As many as trust needs to do anything. */
const enough = [...gateways, 'd', 'e'];

/**
 * A life in which the last bits count. Its model has more tensors than any plan holds, plans hold channels of tensors, and
 * the magnitudes of changes lie so far apart that float64 rounds their sums. Changes of 0 leave nothing of a sum but its
 * rounding, and this server makes a whole step of any remainder.
 */
const wide = {
  layers: [
    { type: 'flatten' },
    ...[12, 10, 8].flatMap((units) => [{ type: 'dense', units } as const, { type: 'relu' } as const]),
    { type: 'dense', units: 3 },
  ],
} satisfies TaskInput['model'];
const stepOfAnything = { kind: 'adam', beta1: 0, beta2: 0, epsilon: 1e-30, learningRate: 0.01 } as const;

/** The bits of all three forms of a model. */
const bitsOf = (coordinator: Coordinator) =>
  (['current', 'average'] as const).map((form) =>
    Buffer.from(coordinator.export(form).parameters.slice().buffer).toString('hex'),
  );

/** A life of a coordinator: updates of several gateways, plans and ages, one version after the other. */
class Life {
  readonly fleet: Fleet;
  private folder = '';
  private hub: Watched | undefined;
  private readonly random: SeededRandom;

  constructor(
    aggregation: Aggregation,
    encoding: 'int8' | 'float32' | 'coarse',
    seed: number,
    private readonly endings: ReadonlySet<number>,
    private readonly rollbackAt?: number,
    private readonly isWide = false,
    private readonly ids: readonly string[] = gateways,
  ) {
    const settings: TaskInput['aggregation'] = { bufferSize: 2, ...aggregation };
    const model = isWide ? { model: wide } : {};
    this.fleet = new Fleet(tinyTask({ aggregation: settings, encoding: { patch: encoding }, ...model }));
    this.random = new SeededRandom(seed);
  }

  /** The files of this model. */
  get files(): string {
    return join(this.folder, modelKey(this.fleet.task));
  }

  get coordinator(): Coordinator {
    return this.hub!.coordinator;
  }

  get notices(): readonly string[] {
    return this.hub!.notices.map((notice) => ('text' in notice ? notice.text : ''));
  }

  /** @param onEnd called while the process is away @returns the bits of each version */
  async run(versions: number, onEnd: (files: string) => Promise<void> = async () => undefined) {
    const { fleet, random } = this;
    this.folder = await fleet.folder();
    this.hub = await fleet.coordinator({ folder: this.folder });
    const senders = await Promise.all(this.ids.map((id) => fleet.gateway(id)));
    const layout = parameterLayout(taskModel(fleet.task));
    const names = layout.tensors.map((_, tensor) => tensor);
    const bits: string[][] = [];
    for (let made = 0; made < versions; made++) {
      if (made === this.rollbackAt) await this.coordinator.rollback(this.coordinator.status.version - 1);
      const { lineage, version } = this.coordinator.status;
      let before: (typeof senders)[number] | undefined;
      for (let of = 0; of < 2; of++) {
        // A fleet that is protected makes no version of one gateway.
        const left = this.ids === enough ? senders.filter((one) => one !== before) : senders;
        const sender = left[Math.floor(random.uniform() * left.length)]!;
        before = sender;
        const tensor = names[Math.floor(random.uniform() * names.length)]!;
        const entries = random.uniform() < 0.5 ? names.map((one) => ({ tensor: one })) : [{ tensor }];
        const plan: Plan = { entries: this.isWide ? this.partsOf(layout) : entries, microBatch: 1 };
        const size = segmentsSize(planSegments(layout, plan));
        const delta = Float32Array.from({ length: size }, () => this.change());
        const oldest = this.rollbackAt === undefined ? 0 : version;
        const baseVersion = Math.max(oldest, version - Math.floor(random.uniform() * 8));
        const age = Math.min(version - baseVersion, this.fleet.task.aggregation.maxAge);
        const fields = { plan, baseVersion: version - age, variance: random.uniform() };
        const update = sender.update(lineage, delta, fields);
        // Between the two, the first is in the journal only.
        if (of === 1 && this.endings.has(made)) await this.end(onEnd);
        await sender.send(update);
        await until(() => sender.ackOf(update) !== undefined);
        equal(sender.ackOf(update)?.status, 'accepted', sender.ackOf(update)?.detail);
      }
      await until(() => this.coordinator.status.version > version && this.coordinator.status.buffered === 0);
      bits.push(bitsOf(this.coordinator));
    }
    return bits;
  }

  /** Some channels of some tensors; others are never trained, so that there are gaps. */
  private partsOf({ tensors }: ReturnType<typeof parameterLayout>): Plan['entries'] {
    const { random } = this;
    const chosen = tensors.flatMap(({ inputChannels }, tensor) => {
      if (random.uniform() < 0.3) return [];
      const all = Array.from({ length: inputChannels }, (_, channel) => channel);
      const channels = all.filter((channel) => channel % 3 < 2 && random.uniform() < 0.8);
      return channels.length > 0 ? [{ tensor, channels }] : [];
    });
    return chosen.length > 0 ? chosen : [{ tensor: 0 }];
  }

  private change(): number {
    const { random } = this;
    const change = random.uniform() - 0.5;
    if (!this.isWide) return change;
    return random.uniform() < 0.6 ? 0 : change * 2 ** -Math.floor(random.uniform() * 50);
  }

  private async end(onEnd: (files: string) => Promise<void>): Promise<void> {
    await kill(this.hub!, this.folder);
    await onEnd(this.files);
    this.hub = await this.fleet.coordinator({ folder: this.folder });
  }
}

async function live(life: Life, ...args: Parameters<Life['run']>): Promise<string[][]> {
  try {
    return await life.run(...args);
  } finally {
    await life.fleet.close();
  }
}

describe('a coordinator whose process ends', () => {
  const versions = 12;
  const every = new Set(Array.from({ length: versions }, (_, i) => i));
  for (const [name, aggregation] of Object.entries(memories))
    for (const encoding of name === 'ca2fl' ? (['int8', 'float32'] as const) : (['int8'] as const))
      it(`before every version makes the same versions as one that does not end, bit for bit: ${name}, ${encoding}`, async () => {
        const ids = name === 'trust' ? enough : gateways;
        const life = (endings: ReadonlySet<number>) =>
          live(new Life(aggregation, encoding, 1, endings, undefined, false, ids), versions);
        deepEqual(await life(every), await life(new Set()));
      });

  for (const { name, server, encoding } of [
    { name: 'steps of anything', server: stepOfAnything, encoding: 'float32' },
    { name: 'steps in two bits', server: undefined, encoding: 'coarse' },
  ] as const)
    it(`makes the same versions from parts of tensors and changes of any magnitude, bit for bit: ca2fl, ${name}`, async () => {
      const aggregation = { rule: { kind: 'ca2fl' }, ...(server && { server }) } as const;
      const life = (ends: readonly number[]) =>
        live(new Life(aggregation, encoding, 3, new Set(ends), undefined, true), 24);
      deepEqual(await life([6, 12, 18]), await life([]));
    });

  it('at random versions, in random lives with a rollback or without, makes the same versions, bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(memories)),
        fc.integer({ min: 1, max: 1e6 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 4 }),
        fc.option(fc.integer({ min: 2, max: 15 }), { nil: undefined }),
        async (name, seed, ends, rollbackAt) => {
          const aggregation = memories[name]!;
          const life = (endings: readonly number[]) =>
            live(new Life(aggregation, 'int8', seed, new Set(endings), rollbackAt), 20);
          deepEqual(await life(ends), await life([]));
        },
      ),
      { numRuns: 6 },
    );
  });

  it('keeps as many files of past versions as damping needs', async () => {
    const life = new Life({ maxAge: 3 }, 'int8', 1, new Set([40]));
    try {
      await life.run(60);
      const trail = (await readdir(life.files)).filter((name) => name.startsWith('trail-'));
      ok(trail.length > 0 && trail.length <= 3, trail.join(', '));
    } finally {
      await life.fleet.close();
    }
  });

  const damages = {
    'are gone': (path: string) => rm(path),
    'are damaged': async (path: string) => {
      const bytes = await readFile(path);
      bytes[40]! ^= 1;
      await writeFile(path, bytes);
    },
  };
  for (const [how, damage] of Object.entries(damages))
    it(`says how many past versions it does without if the files of the trail ${how}`, async () => {
      const life = new Life({}, 'int8', 1, new Set([9]));
      try {
        await life.run(10, async (files) => {
          for (const name of await readdir(files))
            if (name.startsWith('trail-')) await damage(join(files, name));
        });
        // Of versions 0 to 8, the checkpoints of 7 and 8 are there.
        ok(/7 of 9 past versions are lost/.test(life.notices.join('\n')), life.notices.join('\n'));
      } finally {
        await life.fleet.close();
      }
    });
});
