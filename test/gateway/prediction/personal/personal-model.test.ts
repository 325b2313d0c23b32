import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { secondLineage, tinyTask, until } from '../../participant/tools';
import { otherPerson, PersonalHarness, randomPerson, usualPerson } from './personal-harness';

describe('the personal model of a gateway', () => {
  let harness: PersonalHarness;
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-personal-'));
    file = join(folder, 'personal.bin');
    harness = new PersonalHarness();
  });

  afterEach(async () => {
    await harness.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers for a person unlike the others, and is better on their later windows', async () => {
    await harness.start();
    const later = otherPerson(80, 7);
    const before = await harness.accuracy(later);
    assert.ok(before < 0.2, `the shared model is right in ${before}`);
    const { published } = harness;
    assert.ok(published > 0, 'it has asked for the model');
    await harness.learn(otherPerson(120));
    assert.equal(harness.published, published, 'nothing of it is sent');
    const { model, keptOut, mixture = 0, adaptedOn } = harness.personal.report;
    assert.equal(model, 'personal');
    assert.ok(keptOut && keptOut.personal.balancedAccuracy > keptOut.shared.balancedAccuracy + 0.5);
    assert.ok(mixture > 0 && adaptedOn === 120);
    assert.equal(await harness.answering(), 'personal');
    const after = await harness.accuracy(later);
    assert.ok(after > 0.9, `the own model is right in ${after}`);
    assert.ok(harness.lines.some((line) => line.includes('a model of its own')));
  });

  it('is not used for a person like the others', async () => {
    await harness.start();
    await harness.learn(usualPerson(120));
    assert.equal(harness.personal.report.model, 'shared');
    assert.match(harness.personal.report.reason, /not better/);
    assert.equal(harness.personal.report.keptOut?.windows, 90);
    assert.equal(await harness.answering(), 'shared');
  });

  it('is not used for any of twenty people whose labels are drawn by chance', async () => {
    await harness.start({ intervalMs: 0 });
    for (let seed = 1; seed <= 20; seed++) {
      harness.store.clear();
      await harness.personal.forget();
      await harness.learn(randomPerson(120, seed));
      assert.ok(harness.personal.report.keptOut, 'it was judged');
      assert.equal(harness.personal.report.model, 'shared', `person ${seed}`);
    }
    assert.equal(await harness.answering(), 'shared');
  });

  it('needs own windows of two labels, and says so', async () => {
    await harness.start();
    await harness.learn(otherPerson(30));
    assert.match(harness.personal.report.reason, /too few labelled windows/);
    harness.store.clear();
    await harness.learn(otherPerson(200, 3).filter(({ label }) => label === 1));
    assert.match(harness.personal.report.reason, /all own windows have the label moving/);
    assert.equal(await harness.answering(), 'shared');
  });

  it('follows the versions of the shared model', async () => {
    await harness.start();
    await harness.learn(otherPerson(120));
    await harness.coordinator.publish(0.001);
    await until(() => harness.predictor.serving?.version === 1, 'version 1');
    assert.equal(await harness.answering(), 'personal');
    assert.ok((await harness.accuracy(otherPerson(80, 7))) > 0.9);
  });

  it('goes when it is no better any more on the windows that came after it', async () => {
    await harness.start();
    await harness.learn(otherPerson(120));
    assert.equal(harness.personal.report.model, 'personal');
    await harness.learn(usualPerson(200, 5));
    assert.equal(await harness.answering(), 'shared');
    assert.match(
      harness.lines.at(-1)!,
      /the shared model answers again .*the own model is worse on newer windows/,
    );
  });

  it('adapts at most once in its interval, and again after enough new windows', async () => {
    let engines = 0;
    await harness.start({
      createTrainer: () => {
        engines++;
        return new InlineTrainer(createEngine(), harness.clock);
      },
    });
    await harness.learn(usualPerson(120));
    assert.equal(engines, 1);
    await harness.learn(usualPerson(60, 2));
    assert.equal(engines, 1, 'the interval has not passed');
    for (let minute = 0; minute < 9; minute++) await harness.look();
    assert.equal(engines, 2);
    for (let minute = 0; minute < 30; minute++) await harness.look();
    assert.equal(engines, 2, 'nothing new came');
  });

  for (const storageKey of [undefined, 'sixteen characters at least']) {
    it(`survives a restart ${storageKey ? 'encrypted' : 'in plain'}, and is erased by forget`, async () => {
      await harness.start({ file, storageKey });
      await harness.learn(otherPerson(120));
      const { keptOut } = harness.personal.report;
      const bytes = await readFile(file);
      assert.equal(bytes.includes(Buffer.from('lineage')), storageKey === undefined);
      await harness.restart({ file, storageKey, samples: () => undefined });
      await harness.idle();
      assert.equal(await harness.answering(), 'personal');
      assert.deepEqual(harness.personal.report.keptOut, keptOut);
      assert.ok((await harness.accuracy(otherPerson(80, 7))) > 0.9);
      await harness.personal.forget();
      await harness.idle();
      assert.deepEqual(await readdir(folder), []);
      assert.equal(await harness.answering(), 'shared');
      assert.equal(harness.personal.report.reason, 'the own model was forgotten');
    });
  }

  it('is encrypted as soon as there is a key', async () => {
    await harness.start({ file });
    await harness.learn(otherPerson(120));
    await harness.restart({ file, storageKey: 'sixteen characters at least', samples: () => undefined });
    await harness.idle();
    assert.equal(await harness.answering(), 'personal');
    assert.equal((await readFile(file)).includes(Buffer.from('lineage')), false);
  });

  it('is neither written nor read if nothing may be kept on disk', async () => {
    await harness.start({ file });
    await harness.learn(otherPerson(120));
    await harness.restart({ file, keep: () => false, samples: () => undefined });
    await harness.idle();
    assert.equal(await harness.answering(), 'shared');
    assert.deepEqual(await readdir(folder), []);
  });

  it('is made again if its file is damaged or needs another key, which is said', async () => {
    await harness.start({ file, storageKey: 'sixteen characters at least' });
    await harness.learn(otherPerson(120));
    await harness.restart({ file, storageKey: 'another key of enough characters', samples: () => undefined });
    assert.match(harness.lines.at(-1)!, /personal\.bin: .*another key/);
    await writeFile(file, 'FTTEPER1 and nothing that belongs here, in more than forty bytes');
    await harness.restart({ file });
    assert.match(harness.lines.find((line) => line.includes('damaged'))!, /personal\.bin is damaged/);
    await harness.look();
    assert.equal(await harness.answering(), 'personal');
  });

  it('is dropped with a sentence if the task changes, also on disk', async () => {
    await harness.start({ file });
    await harness.learn(otherPerson(120));
    const changed = tinyTask({ labels: ['resting', 'active'], seed: 5 });
    await harness.coordinator.restart(secondLineage, changed);
    await until(() => harness.follower.lineage === secondLineage, 'the new task');
    await harness.idle();
    assert.ok(harness.lines.some((line) => /answers again .*the task has changed/.test(line)));
    assert.equal(harness.personal.report.model, 'shared');
    assert.deepEqual(await readdir(folder), []);
  });

  it('forgets an adaptation that runs', async () => {
    await harness.start({ file });
    for (const sample of otherPerson(120)) harness.store.add(sample);
    harness.clock.advance(60_000);
    harness.store.clear();
    await harness.personal.forget();
    await harness.idle();
    assert.equal(await harness.answering(), 'shared');
    assert.deepEqual(await readdir(folder), []);
  });
});
