import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Committee,
  type Deposit,
  depositsOf,
  drawSeeds,
  makeOffer,
  type OpeningList,
} from '../../../../gateway/masking';
import { Helping } from '../../../../gateway/participant/masking/helping';
import { EphemeralKey, Identity } from '../../../../gateway/security';
import { updateId } from '../../masking/committee-kit';

describe('a gateway as a helper', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-helper-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const identity = Identity.create();
  const others = ['h1', 'h2'].map((gateway) =>
    makeOffer(Identity.create(), 'clinic', gateway, new EphemeralKey().publicBytes),
  );
  const started = async () => {
    const path = join(folder, 'helper.bin');
    const helping = new Helping({ federation: 'clinic', gateway: 'h0', identity: () => identity, path });
    await helping.open();
    return helping;
  };
  const committeeOf = (helping: Helping, number: number) =>
    new Committee({
      federation: 'clinic',
      number,
      fewest: 3,
      threshold: 2,
      helpers: [helping.offer!, ...others],
    });
  const depositOf = (committee: Committee, gateway: string, key = Identity.create()): Deposit =>
    depositsOf(drawSeeds(committee, updateId(1)), committee, gateway, key)[0]!;
  const listOf = ({ epoch }: Committee, updates: readonly number[]): OpeningList => ({
    epoch,
    entries: updates.map((n) => ({ gateway: `g${n}`, setup: updateId(1), update: updateId(n), plan: 0 })),
    plans: [[{ offset: 0, length: 4 }]],
  });
  const vote = async (helping: Helping, committee: Committee, updates: readonly number[]) =>
    (await helping.answer(committee.epoch, { kind: 'list', list: listOf(committee, updates) }))?.kind;

  it('signs no second list with an update, also after it has started again', async () => {
    const first = await started();
    const committee = committeeOf(first, 1);
    await first.take(committee);
    assert.equal(await vote(first, committee, [1, 2, 3]), 'vote');
    assert.equal(await vote(first, committee, [1, 2, 4]), 'refused');
    const again = await started();
    await again.take(committee);
    assert.equal(await vote(again, committee, [1, 2, 4]), 'refused');
    assert.equal(await vote(again, committee, [1, 2, 3]), 'vote');
    assert.equal(await vote(again, committee, [4, 5, 6]), 'vote');
  });

  it('is in no earlier committee again, which would come back without the lists that it has signed', async () => {
    const helping = await started();
    const [first, second] = [committeeOf(helping, 1), committeeOf(helping, 2)];
    await helping.take(first);
    assert.equal(await vote(helping, first, [1, 2, 3]), 'vote');
    await helping.take(second);
    await helping.take(first);
    assert.equal(await vote(helping, first, [1, 2, 4]), undefined);
    const again = await started();
    await again.take(first);
    assert.equal(await vote(again, first, [1, 2, 4]), undefined);
    await again.take(second);
    assert.equal(await vote(again, second, [1, 2, 4]), 'vote');
  });

  it('is in no committee any more if its file is lost or cut', async () => {
    const helping = await started();
    const committee = committeeOf(helping, 1);
    await helping.take(committee);
    assert.equal(await vote(helping, committee, [1, 2, 3]), 'vote');
    const path = join(folder, 'helper.bin');
    truncateSync(path, 30);
    assert.equal(statSync(path).size, 30);
    const cut = await started();
    await cut.take(committee);
    assert.equal(await vote(cut, committee, [1, 2, 4]), undefined);
  });

  it('keeps seeds of a gateway under the key that it has come with first', async () => {
    const helping = await started();
    const committee = committeeOf(helping, 1);
    await helping.take(committee);
    const key = Identity.create();
    assert.equal(await helping.keep(depositOf(committee, 'g1', key)), true);
    assert.equal(await helping.keep(depositOf(committee, 'g1', key)), true);
    assert.equal(await helping.keep(depositOf(committee, 'g1')), false);
    assert.equal(await helping.keep(depositOf(committeeOf(helping, 5), 'g2')), false);
  });
});
