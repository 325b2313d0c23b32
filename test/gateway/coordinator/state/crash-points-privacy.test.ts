import { deepEqual, equal, ok } from 'node:assert/strict';
import { basename } from 'node:path';
import { VersionLedger } from '../../../../gateway/coordinator';
import { bandNorm, gaussianMu } from '../../../../gateway/privacy';
import { tinyTask } from '../fleet-harness';
import { longest, outlive, type World } from './crash-world';

/** Budget of a gateway: as many contributions as it makes. */
const epsilon = 8;
const contributions = 3;
const task = tinyTask({
  privacy: { level: 'gateway', epsilon, contributions },
  aggregation: { bufferSize: 2, participation: { kind: 'free' }, maxWaitMs: 60_000 },
});

/** Nobody has spent more than the budget, every contribution is paid for once, and none is taken beyond it. */
async function checkSpending(world: World): Promise<void> {
  const ledger = new VersionLedger(world.folder);
  await ledger.open();
  const spent = { a: 0, b: 0 };
  for (const { contributions: made, band, noise } of ledger.entries)
    for (const [gateway] of made) spent[gateway as 'a' | 'b'] += (bandNorm(band) / noise) ** 2;
  deepEqual(
    ledger.entries.map((entry) => entry.contributions.length),
    [2, 2, 2],
  );
  equal(new Set(ledger.entries.map(({ nonce }) => nonce)).size, ledger.entries.length, 'noise is used once');
  const most = gaussianMu(epsilon, 1e-5) ** 2;
  for (const sum of Object.values(spent)) ok(sum > 0.99 * most && sum <= most, `${sum} of ${most}`);
  const answer = await world.sendOneMore('a');
  equal(answer?.reason, 'privacy-limit');
  ok(/another version would exceed epsilon 8 at delta 0.00001 after 3 updates/.test(answer.detail ?? ''));
}

describe('a coordinator with privacy of gateways, with a disk that fails', function () {
  this.timeout(longest);
  const bytes = 64 * 1024;
  /** Operations on the files of privacy, and those after them. */
  const places = new Set<number>();
  before(async () => {
    await outlive(
      bytes,
      (operation, path) => {
        if (basename(path).startsWith('privacy-')) places.add(operation).add(operation + 1);
        return undefined;
      },
      task,
      checkSpending,
    );
    ok(places.size > 20, `${places.size}`);
  });

  for (const [kind, how] of (['die', 'tear', 'fail', 'unknown'] as const).entries())
    it(`never uses more than the budget, pays once, and publishes one form of a version, whichever operation${kind === 0 ? '' : ' of a third of them'} is to ${how}`, async () => {
      // Other faults of the same operations are spread over the tests, because each takes a life of a coordinator.
      for (const at of [...places].filter((_, i) => how === 'die' || (i + kind) % 3 === 0))
        await outlive(bytes, (operation) => (operation === at ? how : undefined), task, checkSpending);
    });
});
