import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A node of a flow file. */
export type FlowNode = { id: string; type: string } & Record<string, unknown>;

export type ExampleName =
  | '01 - Wearables on one machine'
  | '02 - Gateway'
  | '03 - Coordinator'
  | '04 - Vitals forecast'
  | '05 - ECG anomalies';

/** An example as the import dialog gives it. */
export function exampleFlows(name: ExampleName): FlowNode[] {
  return JSON.parse(readFileSync(join(__dirname, '..', '..', 'examples', `${name}.json`), 'utf8'));
}

/**
 * The folder of recordings that a path names: itself, or the `hapt` in it.
 * @throws Error where neither is a recording folder
 */
export function recordingFolder(path: string): string {
  const folder = [resolve(path), resolve(path, 'hapt')].find((candidate) =>
    existsSync(join(candidate, 'meta.json')),
  );
  if (!folder)
    throw new Error(
      `${resolve(path)} holds no meta.json, nor does its folder hapt: is it a recording folder?`,
    );
  return folder;
}

/** Sets properties of all nodes of a type. */
export function withNodes(
  flows: readonly FlowNode[],
  type: string,
  change: (node: FlowNode) => object,
): FlowNode[] {
  return flows.map((node) => (node.type === type ? { ...node, ...change(node) } : node));
}

/** Sets an environment variable of the flow's tab. */
export function withFlowEnv(flows: readonly FlowNode[], name: string, value: string): FlowNode[] {
  return withNodes(flows, 'tab', (tab) => ({
    env: (tab['env'] as { name: string }[]).map((entry) =>
      entry.name === name ? { ...entry, value } : entry,
    ),
  }));
}

/** The first example with its broker on another port. */
export function demonstrationFlows(brokerPort: number): FlowNode[] {
  return withNodes(exampleFlows('01 - Wearables on one machine'), 'ftte-federation', (node) =>
    node['broker'] === 'hosted' ? { port: String(brokerPort) } : { url: `mqtt://127.0.0.1:${brokerPort}` },
  );
}
