import { deepEqual, equal } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { bufferSize, failoverFederation, failoverTask } from '../../bench/failover/failover-task';
import { OneGateway } from '../../bench/failover/one-gateway';
import { createCoordinator, type FederationCoordinator } from '../../gateway/client';
import { silentLog } from '../../gateway/platform';
import { parametersFingerprint } from '../../gateway/task';
import { findProgram, startMosquitto } from '../../tools/support/mosquitto';
import { startNatsCluster } from '../../tools/support/nats';

const program = findProgram('nats-server');
const suite = program && findProgram('mosquitto') ? describe : describe.skip;

/** Whether servers of this version lose messages that a cluster has confirmed, once two of them were killed (docs/storage.md). */
const losesMessages = () =>
  /v2\.[0-9]\./.test(execFileSync(program ?? '', ['--version'], { encoding: 'utf8' }));

/** Resolves when the status of a coordinator is as it should be. */
const reaches = (
  coordinator: FederationCoordinator,
  holds: (status: FederationCoordinator['status']) => boolean,
) =>
  new Promise<void>((resolve) => {
    const check = () => holds(coordinator.status) && resolve();
    coordinator.on('status', check);
    check();
  });

suite('a log in three NATS servers (docs/examples/nats)', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('goes on whichever of them is killed and comes back, and loses and doubles no update', async () => {
    const { user, password, servers, stop } = await startNatsCluster();
    ends.push(stop);
    const mosquitto = await startMosquitto();
    ends.push(() => mosquitto.stop());
    const broker = `mqtt://127.0.0.1:${mosquitto.port}`;
    const coordinate = async () => {
      const made = await createCoordinator({
        ...{ federation: failoverFederation, id: 'hub', broker, membership: 'open', task: failoverTask },
        storage: { url: servers.map(({ url }) => url).join(), user, password },
        log: silentLog,
      });
      ends.push(() => made.close());
      await reaches(made, ({ phase }) => phase === 'collecting');
      return made;
    };
    const first = await coordinate();
    const { lineage } = first.status;
    // While it takes the lead again it has no model.
    let newest = 0;
    first.on('version', (report) => {
      newest = report.version;
    });
    const version = () => newest;
    const gateways = [
      await OneGateway.open(broker, { id: 'near', version }),
      await OneGateway.open(broker, { id: 'far', version }),
    ];
    for (const gateway of gateways) ends.push(() => gateway.close());
    let isOver = false;
    // A version is made by a full buffer only, and two gateways share one.
    const feeding = gateways.map(async (gateway) => {
      while (!isOver || gateway.sent % bufferSize !== 0) await gateway.next(lineage);
    });
    const more = () => Promise.all(gateways.map((gateway) => gateway.more(bufferSize)));
    const killing = (async () => {
      await more();
      for (const server of losesMessages() ? servers.slice(0, 1) : servers) {
        await server.kill();
        await more();
        await server.start();
        await more();
      }
      isOver = true;
    })();
    // An update that is rejected ends the test at once.
    await Promise.all([killing, ...feeding]);
    const sent = gateways.reduce((sum, gateway) => sum + gateway.sent, 0);
    for (const { accepted } of gateways) equal(new Set(accepted).size, accepted.length);
    await reaches(first, (status) => status.version >= sent / bufferSize);
    const digest = parametersFingerprint(first.export('current').parameters);
    equal(first.status.accepted, sent);
    await first.close();
    const second = await coordinate();
    const { status } = second;
    deepEqual(
      { accepted: status.accepted, version: status.version, lineage: status.lineage },
      { accepted: sent, version: sent / bufferSize, lineage },
    );
    equal(parametersFingerprint(second.export('current').parameters), digest);
  });
});
