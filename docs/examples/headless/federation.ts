import { createCoordinator, joinFederation, type TaskInput } from '@ftte/node-red-ftte';

const input = { channels: [{ name: 'movement' }], rateHz: 10, length: 10, hop: 10 };
const task: TaskInput & { labels: string[] } = { name: 'demo', input, labels: ['resting', 'moving'], model: { preset: 'mlp', size: 'S' } };
const window = (strength: number) => Array.from({ length: 10 }, () => strength * Math.random());
async function main(): Promise<void> {
  const hub = await createCoordinator({ federation: 'demo', broker: 'memory:demo', task });
  const edge = await joinFederation({ federation: 'demo', broker: 'memory:demo', id: 'edge', trigger: { intervalMs: 500 } });
  for (const role of [hub, edge]) for (let i = 0; i < 200; i++) role.add(window(0.5 + (i % 2)), task.labels[i % 2]);
  for await (const { version, accuracy } of hub.versions()) {
    console.log(`version ${version}: balanced accuracy ${accuracy?.toFixed(2)}`);
    if (version === 5) break;
  }
  await Promise.all([edge.close(), hub.close()]);
}
void main();
