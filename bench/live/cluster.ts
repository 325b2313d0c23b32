import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createCoordinator, type FederationMember, joinFederation, type TaskInput } from '../../gateway';
import { silentLog } from '../../gateway/platform';
import { Balancer } from '../../tools/support/balancer';
import { startNatsCluster } from '../../tools/support/nats';
import { textTable } from '../support/text-table';

/** `npm run bench:cluster` kills one server of a NATS cluster after the other under a federation. */
const usage = `Runs a coordinator and two gateways over three NATS servers and the leaf of a hospital (docs/examples/nats), kills
each server once, and measures the time until two more contributions of each gateway are in the model.

  npm run bench:cluster -- [--json]

It needs nats-server (Debian: apt-get install nats-server).
`;

const task: TaskInput = {
  name: 'cluster',
  input: { channels: [{ name: 'x' }], rateHz: 10, length: 8, hop: 8 },
  labels: ['resting', 'moving'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
  training: { batchSize: 8, minSamples: 8 },
  aggregation: { bufferSize: 2 },
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } } }); // biome-ignore format: one line
  if (values.help) return void process.stdout.write(usage);
  const cluster = await startNatsCluster();
  const balancer = new Balancer(cluster.servers);
  const folder = mkdtempSync(join(tmpdir(), 'ftte-cluster-'));
  const url = (port: number) => `mqtt://${cluster.user}:${cluster.password}@127.0.0.1:${port}`;
  const common = { federation: 'demo', log: silentLog };
  const hub = url(await balancer.start());
  const coordinator = await createCoordinator({
    ...common,
    broker: hub,
    membership: 'open',
    task,
    folder: join(folder, 'hub'),
  });
  const members: FederationMember[] = [];
  for (const [id, broker] of [['near', hub], ['leaf', url(cluster.leaf.port)]] as const) // biome-ignore format: one line
    members.push(
      await joinFederation({ ...common, broker, id, trigger: { newWindows: 8 }, folder: join(folder, id) }),
    );
  let fed = 0;
  const contributions = (ids: readonly string[]) =>
    ids.map((id) => coordinator.status.gateways.find((one) => one.id === id)?.contributions ?? 0);
  /** Seconds until each of these gateways has two more contributions in the model. */
  const twoMore = async (ids: readonly string[] = ['near', 'leaf']): Promise<number> => {
    const start = performance.now();
    const before = contributions(ids);
    // Windows go on arriving, as they do from a sensor.
    while (contributions(ids).some((count, i) => count < before[i]! + 2)) {
      for (const member of members)
        for (let i = 0; i < 8; i++) member.add(windowOf(fed), fed++ % 2 === 0 ? 'resting' : 'moving');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return (performance.now() - start) / 1000;
  };
  const rows = [{ killed: 'none', seconds: await twoMore() }];
  for (const server of [...cluster.servers, cluster.leaf]) {
    await server.kill();
    process.stderr.write(`${server.name} is killed\n`);
    // Behind a leaf that is away a gateway trains on and waits.
    rows.push({
      killed: server.name,
      seconds: await twoMore(server === cluster.leaf ? ['near'] : undefined),
    });
    await server.start();
    rows.push({ killed: `${server.name} is back`, seconds: await twoMore() });
  }
  const { accepted, version } = coordinator.status;
  await Promise.all([...members, coordinator].map((role) => role.close()));
  balancer.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
  if (values.json) return void process.stdout.write(`${JSON.stringify({ rows, accepted, version })}\n`);
  process.stdout.write(
    `${textTable(['killed', 'seconds to two more contributions of each'], rows.map(({ killed, seconds }) => [killed, seconds.toFixed(1)]))}\n${accepted} updates in ${version} versions\n`, // biome-ignore format: one line
  );
}

const windowOf = (index: number) =>
  Float32Array.from({ length: 8 }, (_, i) => Math.sin(index * 7 + i) * 0.3 + (index % 2 === 0 ? -1 : 1));

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});
