import assert from 'node:assert/strict';
import { type ExampleName, exampleFlows, type FlowNode } from '../../tools/support/demonstration';
import { freePort } from '../../tools/support/free-port';
import { isBuilt } from '../../tools/support/linked-package';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';

/** Examples that run side by side, with the property of messages that the test reads at the output of some nodes. */
const examples: { name: ExampleName; taps: Record<string, string> }[] = [
  {
    name: '08 - Label by button',
    taps: { f08awindow: 'label', f08acoordinate: 'payload.version', f08apredict: 'payload.label' },
  },
];

/** As imported, but for the port of the broker, and debug nodes that print to the log what is read. */
async function prepared({ name, taps }: (typeof examples)[number]): Promise<FlowNode[]> {
  const port = await freePort();
  const flows = exampleFlows(name).map((node): FlowNode => {
    const [first = [], ...others] = (node['wires'] as string[][] | undefined) ?? [];
    if (taps[node.id]) return { ...node, wires: [[...first, `tap-${node.id}`], ...others] };
    if (node.type !== 'ftte-federation') return node;
    return node['broker'] === 'hosted'
      ? { ...node, port: String(port) }
      : { ...node, url: `mqtt://127.0.0.1:${port}` };
  });
  const z = flows.find(({ type }) => type === 'tab')?.id;
  const debug = { type: 'debug', z, x: 1, y: 1, active: true, console: 'true', wires: [] };
  const printing = Object.entries(taps).map(([id, complete]) => ({
    ...{ ...debug, id: `tap-${id}`, name: id, complete, targetType: 'msg' },
  }));
  return [...flows, ...printing];
}

describe('the example flows in one Node-RED', function () {
  this.timeout(300_000);
  let red: NodeRedProcess;
  before(async function () {
    if (!isBuilt()) return this.skip();
    const flows = (await Promise.all(examples.map(prepared))).flat();
    red = await startNodeRed({ flows, env: { FTTE_DATA: '' } });
  });
  after(() => red?.stop());

  const press = async (id: string) => {
    const answer = await fetch(`${red.url}/inject/${id}`, { method: 'POST' });
    assert.equal(answer.status, 200, id);
  };
  /** Resolves when a node has sent something that matches, in a message of its own. */
  const sends = (id: string, what: RegExp) => red.line(new RegExp(`\\[debug:${id}\\] (?:${what.source})$`));

  it('"08 - Label by button" learns what a person says by buttons, beforehand and afterwards', async () => {
    await press('f08aruns');
    await sends('f08awindow', /RUNNING/);
    await press('f08astop');
    await press('f08ajams');
    await sends('f08awindow', /undefined/);
    await press('f08ajammed');
    await sends('f08awindow', /JAMMED/);
    await press('f08adevice');
    await sends('f08acoordinate', /[1-9]/);
    await sends('f08apredict', /RUNNING/);
  });

  it('has reported no error', () => {
    assert.doesNotMatch(red.output(), /\[error\]/);
  });
});
