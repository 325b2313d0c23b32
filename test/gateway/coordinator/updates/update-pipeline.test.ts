import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { UpdatePipeline } from '../../../../gateway/coordinator/updates/update-pipeline';
import { mostListed } from '../../../../gateway/masking';
import { FtteError, SeededRandom, VirtualClock } from '../../../../gateway/platform';

/** A pipeline with waiting contributions of some gateways, and what it says. */
function pipelineOf(
  gateways: readonly string[],
  privacy: object,
  { masks, ...more }: { masks?: object; sums?: object; answer?: unknown; bufferBytes?: number } = {},
) {
  const said: string[][] = [];
  const state = { layout: {}, privacy, recall: () => undefined, version: 1, lineage: 'x' };
  const pipeline = new UpdatePipeline({
    state,
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    onLost: (text: string) => said.push(['masks-lost', text]),
    onPrivacy: (...notice: string[]) => said.push(notice),
    onChange: () => undefined,
    onStorage: () => undefined,
    ...more,
  } as never);
  const waiting = gateways.map((gateway, i) => ({ gateway, id: `${i}`, delta: new Float32Array(1), masks }));
  pipeline.recall(waiting as unknown as Contribution[]);
  return { pipeline, said };
}

describe('a version on demand that cannot be made', () => {
  const spent = (contributions: readonly Contribution[]) =>
    new Map(contributions.map((one) => [one, 'spent'] as const));

  it('names the budget that is spent, and the gateways whose updates are dropped', async () => {
    const { pipeline, said } = pipelineOf(['a', 'b', 'b'], { unpaid: spent });
    await rejects(pipeline.applyNow(), {
      code: 'not-ready',
      message: 'the privacy budget of the gateways whose updates waited is spent',
    });
    deepEqual(said, [
      [
        'privacy-spent',
        'updates of a, b that waited are dropped: a version that was interrupted has spent the rest of their privacy budget',
      ],
    ]);
  });

  it('names at most five of these gateways', async () => {
    const { pipeline, said } = pipelineOf([...'abcdefg'], { unpaid: spent });
    await rejects(pipeline.applyNow(), { code: 'not-ready' });
    match(said[0]?.[1] ?? '', /^updates of a, b, c, d, e and 2 others that waited/);
  });

  it('names the ledger that cannot be trusted', async () => {
    const problem = new FtteError('privacy-ledger', 'it has 0 of 1 entries');
    const { pipeline } = pipelineOf(['a'], { problem });
    await rejects(pipeline.applyNow(), { code: 'privacy-ledger', message: 'it has 0 of 1 entries' });
  });

  it('names the disk that takes no payment', async () => {
    const pay = () => Promise.reject(new FtteError('storage', 'the disk is full'));
    const { pipeline } = pipelineOf(['a'], { unpaid: () => new Map(), pay });
    await rejects(pipeline.applyNow(), { code: 'storage', message: 'the disk is full' });
  });

  it('says of masked updates that their sum cannot be opened', async () => {
    const sums = { openable: () => [], outdated: () => [], noteWaiting: () => undefined };
    const { pipeline } = pipelineOf(['a'], { unpaid: () => new Map() }, { sums });
    await rejects(pipeline.applyNow(), { code: 'not-ready', message: /^the sum of the masked updates/ });
  });
});

describe('masked updates that wait', () => {
  it('are dropped in a task without masks, where they would spoil the model', async () => {
    const { pipeline, said } = pipelineOf(['a', 'b'], { unpaid: () => new Map() }, { masks: {} });
    deepEqual(said, [
      [
        'masks-lost',
        'updates of a, b that waited are dropped: they have masks, which the task does not ask for any more',
      ],
    ]);
    equal(pipeline.buffer.size, 0);
  });

  it('are dropped when another committee has been chosen, with a word about it', async () => {
    const outdated = (contributions: readonly Contribution[]) => contributions;
    const { said } = pipelineOf(['a'], { unpaid: () => new Map() }, { sums: { outdated }, masks: {} });
    match(
      said[0]?.[1] ?? '',
      /^updates of a that waited are dropped: they are not masked for the committee of helpers/,
    );
  });

  it('leave room for those of others: of one gateway there are at most as many as a sum has', async () => {
    const answers: object[] = [];
    const answer = (_: object, verdict: object) => answers.push(verdict);
    const sums = { openable: () => [], outdated: () => [], noteWaiting: () => undefined };
    const waiting = Array.from({ length: mostListed }, () => 'a');
    const { pipeline } = pipelineOf(waiting, {}, { sums, answer, bufferBytes: 1e9, masks: {} });
    Object.assign(pipeline, { open: true, enqueue: () => undefined });
    for (const sender of ['a', 'b'])
      pipeline.take({ sender, delta: { encoding: 'float32', values: [] } } as never, 1);
    deepEqual(answers, [
      { status: 'not-stored', detail: '16 masked updates of this gateway wait for those of others' },
    ]);
  });
});
