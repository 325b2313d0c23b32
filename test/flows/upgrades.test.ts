import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../tools/support/free-port';
import { isBuilt } from '../../tools/support/linked-package';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';
import { root } from '../support/source-files';

type FlowNode = { id: string; type: string } & Record<string, unknown>;

/** Flows as earlier versions of this package wrote them; a file is never changed, a new version adds one. */
const folder = join(root, 'test', 'fixtures', 'flows');
const types = readdirSync(join(root, 'nodes')).filter((name) => name.startsWith('ftte-'));

/** As deployed on the machine of the test: another port of the broker, debug nodes that print to the log. */
function flowsOf(file: string, port: number): FlowNode[] {
  const flows = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[];
  return flows.map((node) => {
    if (node.type === 'debug') return { ...node, active: true, console: 'true' };
    if (node.type !== 'ftte-federation') return node;
    return node['broker'] === 'hosted'
      ? { ...node, port: String(port) }
      : { ...node, url: `mqtt://127.0.0.1:${port}` };
  });
}

describe('a flow of an earlier version', function () {
  this.timeout(300_000);
  let red: NodeRedProcess | undefined;
  before(function () {
    if (!isBuilt()) this.skip();
  });
  afterEach(() => red?.stop());

  for (const file of readdirSync(folder)) {
    it(`learns as it did before: ${file}`, async () => {
      red = await startNodeRed({ flows: flowsOf(file, await freePort()), env: { FTTE_DATA: '' } });
      await red.line(/^\s+version: [2-9],/);
      const complaints = red
        .output()
        .split('\n')
        .filter((line) => /\[error\]|\[config-invalid\]|Task: /.test(line));
      assert.deepEqual(complaints, []);
    });
  }

  it('is refused node by node if a later version wrote it, with a sentence that says what to do', async () => {
    const [file] = readdirSync(folder);
    const flows = flowsOf(file!, await freePort()).map((node) =>
      node.type.startsWith('ftte-') ? { ...node, configVersion: 99 } : node,
    );
    red = await startNodeRed({ flows, env: { FTTE_DATA: '' } });
    for (const type of types.filter((name) => flows.some((node) => node.type === name)))
      await red.line(
        new RegExp(`${type}:.*configVersion: expected at most \\d, got 99: .*update the package here`),
      );
    // The rest of Node-RED runs on.
    assert.equal((await fetch(`${red.url}/settings`)).status, 200);
  });
});
