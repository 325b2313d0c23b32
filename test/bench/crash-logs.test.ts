import { deepEqual, equal, ok } from 'node:assert/strict';
import { runSchedule } from '../../bench/crash/crash-schedule';
import { findProgram } from '../../tools/support/mosquitto';
import { findPostgres } from '../../tools/support/postgres';

/** Seeds of the protected form (a coordinator, then the server of the log) and of the plain one (a gateway, the server, a coordinator). */
const seeds = [2, 7];

for (const [log, isThere] of [
  ['postgres', findPostgres('initdb') !== undefined],
  ['jetstream', findProgram('nats-server') !== undefined],
] as const) {
  const suite = isThere && findProgram('mosquitto') ? describe : describe.skip;

  suite(`processes that are killed over a log in ${log}`, () => {
    it('lose and double no update, and make each version of the one before it and the updates in the log', async () => {
      for (const outcome of await Promise.all(seeds.map((seed) => runSchedule(seed, log)))) {
        const { lost, doubled, faults, versions, recomputed, journalled, applied } = outcome;
        deepEqual({ lost, doubled, faults }, { lost: [], doubled: [], faults: [] });
        ok(versions > 1, `${versions} versions`);
        equal(recomputed, versions - 1);
        equal(applied, journalled);
      }
    });
  });
}
