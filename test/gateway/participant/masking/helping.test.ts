import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CoordinatorOptions, withDefaults } from '../../../../gateway/coordinator/options';
import {
  Committee,
  type Deposit,
  depositsOf,
  drawSeeds,
  makeOffer,
  type OpeningList,
} from '../../../../gateway/masking';
import { Helping, mostGateways } from '../../../../gateway/participant/masking/helping';
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
  const started = async (onProblem: (error: unknown) => void = (error) => assert.fail(`${error}`)) => {
    const path = join(folder, 'helper.bin');
    const names = { federation: 'clinic', gateway: 'h0', identity: () => identity };
    const helping = new Helping({ ...names, path, onProblem });
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
  const depositOf = (committee: Committee, gateway: string, key = Identity.create(), setup = 1): Deposit =>
    depositsOf(drawSeeds(committee, updateId(setup)), committee, gateway, key)[0]!;
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
    const problems: unknown[] = [];
    const cut = await started((error) => void problems.push(error));
    await cut.take(committee);
    assert.equal(await vote(cut, committee, [1, 2, 4]), undefined);
    assert.match(`${problems}`, /helper\.bin is damaged: this gateway opens no masked sums until another/);
    assert.equal(statSync(path).size, 0);
  });

  it('says so once if its file has changed on disk', async () => {
    const helping = await started();
    await helping.take(committeeOf(helping, 1));
    const path = join(folder, 'helper.bin');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, 20, 24));
    const problems: unknown[] = [];
    for (let times = 0; times < 2; times++) await started((error) => void problems.push(error));
    assert.equal(problems.length, 1);
  });

  it('cuts off what an interrupted write has left, so that what it signs later is not lost behind it', async () => {
    const helping = await started();
    const committee = committeeOf(helping, 1);
    await helping.take(committee);
    assert.equal(await vote(helping, committee, [1, 2, 3]), 'vote');
    appendFileSync(join(folder, 'helper.bin'), 'FTTEHLP1 the beginning of a record');
    const second = await started();
    await second.take(committee);
    assert.equal(await vote(second, committee, [4, 5, 6]), 'vote');
    const third = await started();
    await third.take(committee);
    assert.equal(await vote(third, committee, [1, 2, 4]), 'refused');
    assert.equal(await vote(third, committee, [4, 5, 7]), 'refused');
    assert.equal(await vote(third, committee, [4, 5, 6]), 'vote');
  });

  it('signs nothing while it cannot write down what it signs', async () => {
    const helping = await started();
    const committee = committeeOf(helping, 1);
    await helping.take(committee);
    const path = join(folder, 'helper.bin');
    const bytes = readFileSync(path);
    rmSync(path);
    mkdirSync(path);
    for (let times = 0; times < 2; times++)
      await assert.rejects(vote(helping, committee, [1, 2, 3]), { code: 'storage' });
    rmSync(path, { recursive: true });
    writeFileSync(path, bytes);
    assert.equal(await vote(helping, committee, [1, 2, 3]), 'vote');
    const again = await started();
    await again.take(committee);
    assert.equal(await vote(again, committee, [1, 2, 4]), 'refused');
  });

  it('keeps the seeds of the newest four setups of a gateway, and none when it is in no committee any more', async () => {
    const helping = await started();
    const committee = committeeOf(helping, 1);
    await helping.take(committee);
    const path = join(folder, 'helper.bin');
    const empty = statSync(path).size;
    const key = Identity.create();
    for (const setup of [1, 1, 2, 3, 4, 5])
      assert.equal(await helping.keep(depositOf(committee, 'g1', key, setup)), true);
    const each = (statSync(path).size - empty) / 5;
    const again = await started();
    assert.equal(statSync(path).size, empty + 4 * each);
    await again.take(committee);
    const more = makeOffer(Identity.create(), 'clinic', 'h3', new EphemeralKey().publicBytes);
    const { content } = committeeOf(again, 2);
    await again.take(new Committee({ ...content, helpers: [...others, more] }));
    assert.equal(statSync(path).size, empty);
    await again.take(committee);
    assert.equal(await vote(again, committee, [1, 2, 3]), undefined);
  });

  it('writes its file again when most of the setups in it are forgotten, and forgets nothing that it has signed', async () => {
    const helping = await started();
    const committee = committeeOf(helping, 1);
    await helping.take(committee);
    const path = join(folder, 'helper.bin');
    assert.equal(await vote(helping, committee, [1, 2, 3]), 'vote');
    const empty = statSync(path).size;
    const key = Identity.create();
    let largest = 0;
    for (let setup = 1; setup <= 80; setup++) {
      assert.equal(await helping.keep(depositOf(committee, 'g1', key, setup)), true);
      largest = Math.max(largest, statSync(path).size);
    }
    const now = statSync(path).size;
    assert.ok(now < largest, `${now} bytes of ${largest}`);
    assert.ok(now > empty);
    const again = await started();
    await again.take(committee);
    assert.equal(await vote(again, committee, [1, 2, 4]), 'refused');
    assert.equal(await vote(again, committee, [1, 2, 3]), 'vote');
  });

  it('keeps seeds of as many gateways as a coordinator remembers', () => {
    assert.equal(mostGateways, withDefaults({} as CoordinatorOptions).maxGateways);
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
