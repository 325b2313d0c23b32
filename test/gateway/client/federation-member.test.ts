import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type FederationMember, SeededRandom } from '../../../gateway';
import { silentLog } from '../../../gateway/platform';
import { aMoment } from '../../support/waiting';
import { feed, Roles, until, wideTask, windowOf } from './roles';

describe('a member without Node-RED', () => {
  const roles = new Roles();

  describe('pause', () => {
    it('lets no round begin although one is due, and resume begins it', async () => {
      await roles.coordinator();
      const edge = await roles.member();
      await until(edge, ({ phase }) => phase === 'collecting');
      const rounds = edge.rounds();
      edge.pause();
      feed(edge, 16, 4);
      assert.equal(edge.status.phase, 'paused');
      assert.equal(edge.trainNow(), 'paused');
      assert.equal(edge.status.samples, 16, 'windows are stored nevertheless');
      edge.resume();
      assert.equal((await rounds.next()).value?.round, 1);
    });
  });

  describe('forget', () => {
    it('deletes the samples, in memory and on disk', async () => {
      await roles.coordinator();
      const { folder } = roles;
      const file = join(folder, 'samples.bin');
      const edge = await roles.member({ folder, trigger: { newWindows: 0 } });
      const empty = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      feed(edge, 16, 4);
      await edge.forget();
      assert.equal(edge.status.samples, 0);
      assert.ok((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= empty);
      await edge.close();
      const again = await roles.member({ folder });
      assert.equal(again.status.samples, 0);
    });
  });

  describe('predictions', () => {
    const window = windowOf('moving', new SeededRandom(8));
    const modelOf = async (edge: FederationMember) => {
      const answer = await edge.predict(window);
      return answer.kind === 'classification' ? answer.model : undefined;
    };
    const personal = async (edge: FederationMember) => {
      while ((await modelOf(edge)) !== 'personal') await aMoment();
    };
    /** A person for whom the labels mean the opposite of what the seeded model makes of them. */
    const feedOther = (edge: FederationMember) =>
      feed({ add: (own, label) => edge.add(own, label === 'moving' ? 'resting' : 'moving') }, 200, 4);
    const ready = (edge: FederationMember) => until(edge, ({ version }) => version >= 0);

    it('come from a model of its own that is better, also after a restart, until it is forgotten', async () => {
      await roles.coordinator();
      const { folder } = roles;
      const options = { folder, trigger: { newWindows: 0 }, storageKey: 'of sixteen letters' };
      const edge = await roles.member(options);
      await ready(edge);
      assert.equal(edge.personalReport, undefined);
      feedOther(edge);
      await personal(edge);
      const { keptOut } = edge.personalReport!;
      assert.ok(keptOut!.personal.balancedAccuracy > keptOut!.shared.balancedAccuracy);
      await edge.close();
      // With the key, and not without it.
      const samples = readFileSync(join(folder, 'samples.bin'));
      assert.equal(samples.toString('latin1', 0, 8), 'FTTESMP3');
      const again = await roles.member(options);
      await ready(again);
      await personal(again);
      assert.ok(existsSync(join(folder, 'personal.bin')));
      await again.forget();
      assert.equal(again.personalReport?.model, 'shared');
      assert.equal(existsSync(join(folder, 'personal.bin')), false);
      while ((await modelOf(again)) !== 'shared') await aMoment();
    });

    it('come from the shared model if the option personal is off', async () => {
      await roles.coordinator();
      const edge = await roles.member({ trigger: { newWindows: 0 }, personal: 'off' });
      await ready(edge);
      feedOther(edge);
      assert.equal(await modelOf(edge), 'shared');
      assert.equal(edge.personalReport, undefined);
    });
  });

  describe('quality', () => {
    it('is measured on windows that it holds out, and is the accuracy of versions without others', async () => {
      const hub = await roles.coordinator();
      const edge = await roles.member({ trigger: { newWindows: 0 } });
      await until(edge, ({ phase }) => phase === 'collecting');
      feed(edge, 60, 4);
      assert.ok(edge.status.samples < 60, `${edge.status.samples} samples`);
      assert.equal(edge.trainNow(), 'started');
      const { accuracy, federated } = (await hub.versions().next()).value!;
      assert.ok(federated!.windows >= 8, `${federated!.windows} windows`);
      assert.equal(accuracy, federated!.balancedAccuracy);
    });

    it('is none on windows of one label alone, which make no version the best', async () => {
      const said: string[] = [];
      const log = { ...silentLog, warn: (_text: string, code?: string) => said.push(code ?? '') };
      const hub = await roles.coordinator({ log });
      const edge = await roles.member({ trigger: { newWindows: 0 } });
      const versions = hub.versions();
      const noise = new SeededRandom(4);
      for (let i = 0; i < 60; i++) edge.add(windowOf('moving', noise), 'moving');
      for (let version = 1; version <= 5; version++) {
        await until(edge, (now) => now.phase === 'collecting' && now.version === hub.status.version);
        assert.equal(edge.trainNow(), 'started');
        const { value } = await versions.next();
        const { accuracy, best, federated } = value!;
        assert.deepEqual([accuracy, best, federated?.chance], [undefined, undefined, 1]);
      }
      assert.deepEqual(said, ['held-out-one-label']);
    });

    it('is not measured if its policy says so', async () => {
      const hub = await roles.coordinator();
      const edge = await roles.member({ trigger: { newWindows: 0 }, policy: { evaluation: 'none' } });
      await until(edge, ({ phase }) => phase === 'collecting');
      feed(edge, 60, 4);
      assert.equal(edge.status.samples, 60);
      assert.equal(edge.trainNow(), 'started');
      const { value } = await hub.versions().next();
      assert.equal(value?.federated, undefined);
      assert.equal(value?.accuracy, undefined);
    });
  });

  describe('setBudget', () => {
    it('gives the next round less of the model', async () => {
      await roles.coordinator({ task: wideTask });
      const edge = await roles.member({ budget: '256k' });
      const rounds = edge.rounds();
      feed(edge, 8, 4);
      const wide = (await rounds.next()).value!;
      assert.equal(wide.trainedShare, 1);
      await until(edge, ({ phase }) => phase !== 'training');
      edge.setBudget('16k');
      feed(edge, 8, 5);
      const narrow = (await rounds.next()).value!;
      assert.equal(narrow.budgetBytes, 16 * 1024);
      assert.ok(narrow.trainedShare < 1, `${narrow.trainedShare}`);
      assert.ok(narrow.peakBytes <= 16 * 1024, `${narrow.peakBytes}`);
    });

    it('refuses what is no size, with the name of the option, and keeps the budget', async () => {
      await roles.coordinator();
      const edge = await roles.member();
      for (const budget of ['much', 0, -1, 192, Number.NaN])
        assert.throws(() => edge.setBudget(budget), {
          code: 'config-invalid',
          message: /^budget: expected .* got /,
        });
      const rounds = edge.rounds();
      feed(edge, 8, 4);
      assert.equal((await rounds.next()).value?.budgetBytes, 64 * 1024);
    });

    it('says that no part of the task fits, and trains again with enough', async () => {
      await roles.coordinator({ task: wideTask });
      const edge = await roles.member();
      const problems: string[] = [];
      edge.on('problem', ({ message }) => problems.push(message));
      edge.setBudget('1k');
      assert.equal(edge.status.phase, 'refused');
      assert.match(problems.join(), /^a budget of 1 KB is .* too small/);
      const rounds = edge.rounds();
      edge.setBudget('64k');
      assert.equal(edge.status.problem, undefined);
      feed(edge, 8, 4);
      assert.equal((await rounds.next()).value?.round, 1);
    });
  });

  describe('notices', () => {
    it('gives each notice to its reader, and ends when the member closes', async () => {
      await roles.coordinator();
      const edge = await roles.member({ trigger: { newWindows: 0 } });
      await until(edge, ({ phase }) => phase === 'collecting');
      const notices = edge.notices();
      feed(edge, 16, 4);
      assert.deepEqual([edge.trainNow(), edge.trainNow()], ['started', 'busy']);
      const { value } = await notices.next();
      assert.equal(value?.code, 'round-skipped');
      assert.equal(value?.text, 'a round was requested while another one ran');
      await edge.close();
      assert.deepEqual(await notices.next(), { value: undefined, done: true });
    });
  });
});
