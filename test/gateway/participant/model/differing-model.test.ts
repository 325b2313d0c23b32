import { deepEqual, equal, match } from 'node:assert/strict';
import { ModelFollower } from '../../../../gateway/participant';
import { type FtteError, SeededRandom, VirtualClock, yieldToEventLoop } from '../../../../gateway/platform';
import { TransportSession } from '../../../../gateway/session';
import { MemoryBroker, MemoryTransport } from '../../../../gateway/transport';
import {
  assertSameVector,
  federation,
  firstLineage,
  ScriptedCoordinator,
  settled,
  tinyTask,
  until,
} from '../tools';

for (const [how, turns] of [
  ['at once', {}],
  ['in several turns', { yieldToEventLoop }],
] as const) {
  describe(`a gateway whose model is not that of the coordinator, compared ${how}`, () => {
    let clock: VirtualClock;
    let coordinator: ScriptedCoordinator;
    let follower: ModelFollower;
    let warnings: { text: string; code: string | undefined }[];

    beforeEach(async () => {
      clock = new VirtualClock();
      const broker = new MemoryBroker();
      coordinator = await new ScriptedCoordinator(broker, clock, tinyTask()).start();
      const transport = new MemoryTransport(broker, { client: 'gw' });
      const random = new SeededRandom(1);
      const session = new TransportSession({ transport, federation, id: 'gw', clock, random });
      warnings = [];
      const log = {
        info: () => undefined,
        warn: (text: string, code?: string) => void warnings.push({ text, code }),
        error: () => undefined,
      };
      follower = new ModelFollower({ session, clock, random, log, ...turns });
      transport.open();
      await follower.start();
      await settled();
      clock.advance(1000);
      await until(() => follower.version === 0, 'a model');
    });
    afterEach(async () => {
      await follower.stop();
      equal(clock.nextDue, undefined, 'a timer was left running');
    });

    /** Sends the head with the digest of the model, or this one. */
    const head = async (digest = coordinator.digest) => {
      await coordinator.publishHead(coordinator.version, coordinator.lineage, digest);
      await settled();
    };
    /** Lets requests become due. */
    const wait = async (ms = 3_600_000) => {
      clock.advance(ms);
      await settled();
    };

    it('finds nothing while both hold the same bits, whether patches or a snapshot brought them', async () => {
      await head();
      for (const change of [0.1, -0.37]) {
        await coordinator.session.send(coordinator.advance(change));
        await head();
      }
      await wait();
      equal(follower.version, 2);
      equal(coordinator.syncs.length, 1);
      deepEqual(warnings, []);
    });

    it('says so, names its own digest, and takes the same version again', async () => {
      await coordinator.session.send(coordinator.advance(0.1));
      const own = coordinator.digest;
      // The last bit of one parameter: another model under the same number.
      new Uint8Array(coordinator.parameters.buffer)[0]! ^= 1;
      await head();
      await until(() => warnings.length === 1, 'a warning');
      equal(warnings[0]?.code, 'model-differs');
      match(warnings[0]?.text ?? '', new RegExp(`version 1 here.*${own}, expected ${coordinator.digest}`));
      await wait(1000);
      await until(() => coordinator.syncs.length === 2, 'a request');
      const { lineage, version, digest } = coordinator.syncs[1]!;
      deepEqual({ lineage, version, digest }, { lineage: firstLineage, version: 1, digest: own });
      await settled();
      assertSameVector(follower.parameters, coordinator.parameters);
      await head();
      await wait();
      equal(coordinator.syncs.length, 2);
      equal(warnings.length, 1);
    });

    it('says it if the snapshot differs from the head, too, and does not ask for it for ever', async () => {
      await head('00000000000000aa');
      await until(() => warnings.length === 1, 'a warning');
      await wait(1000);
      await until(() => warnings.length === 2, 'another one');
      match(warnings[1]?.text ?? '', /although the coordinator sent it again/);
      await head('00000000000000aa');
      await wait();
      equal(coordinator.syncs.length, 2);
      equal(warnings.length, 2);
      equal(follower.version, 0);
      // The next version is followed as ever.
      await coordinator.session.send(coordinator.advance(0.2));
      await head();
      await wait();
      equal(follower.version, 1);
      equal(warnings.length, 2);
    });

    it('does not begin a granted round from it, and reports it to the coordinator', async () => {
      const seeded = coordinator.digest;
      const { lineage } = coordinator;
      const catchUp = { segments: [], delta: { encoding: 'float32', values: new Float32Array(0) } } as const;
      const grant = { type: 'grant', lineage, version: 0, id: '00000000000000ab', catchUp } as const;
      assertSameVector(await follower.fromGrant({ ...grant, digest: seeded }), coordinator.parameters);
      let refused: FtteError | undefined;
      try {
        await follower.fromGrant({ ...grant, digest: '00000000000000aa' });
      } catch (error) {
        refused = error as FtteError;
      }
      equal(refused?.code, 'model-differs');
      await until(() => coordinator.syncs.length === 2, 'word to the coordinator');
      equal(coordinator.syncs[1]?.digest, seeded);
    });
  });
}
