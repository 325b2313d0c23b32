import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A node of a flow file. */
export type FlowNode = { id: string; type: string } & Record<string, unknown>;

/** Names of the examples. */
export type ExampleName =
  | '01 - Wearables on one machine'
  | '02 - Gateway'
  | '03 - Coordinator'
  | '04 - Vitals forecast'
  | '05 - ECG anomalies'
  | '07 - MQTT sensor in, alarm out'
  | '08 - Label by button'
  | '09 - ECG by patient'
  | '10 - Stress from a wrist'
  | '11 - Export and use elsewhere'
  | '12 - Card payments';

/** The flows of an example, as the import dialog gives them. */
export function exampleFlows(name: ExampleName): FlowNode[] {
  return JSON.parse(readFileSync(join(__dirname, '..', '..', 'examples', `${name}.json`), 'utf8'));
}

/**
 * The folder of recordings that a path names: the path itself, or the folder `hapt` in it.
 * @throws Error if neither is a recording folder
 */
export function recordingFolder(path: string): string {
  const folder = [resolve(path), resolve(path, 'hapt')].find((candidate) =>
    existsSync(join(candidate, 'meta.json')),
  );
  if (!folder)
    throw new Error(
      `expected a recording folder, got ${resolve(path)}: neither it nor its folder hapt has a meta.json`,
    );
  return folder;
}

/** The flows with other properties for all nodes of a type. */
export function withNodes(
  flows: readonly FlowNode[],
  type: string,
  change: (node: FlowNode) => object,
): FlowNode[] {
  return flows.map((node) => (node.type === type ? { ...node, ...change(node) } : node));
}

/** The flows with another value of an environment variable of their tabs. */
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
