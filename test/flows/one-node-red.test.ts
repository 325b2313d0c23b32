import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ExampleName, exampleFlows, type FlowNode } from '../../tools/support/demonstration';
import { freePort } from '../../tools/support/free-port';
import { isBuilt } from '../../tools/support/linked-package';
import { findProgram, type Mosquitto, startMosquitto } from '../../tools/support/mosquitto';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';

/** Examples that run side by side, with the expression (JSONata) that the test reads at the output of some nodes. */
const examples: { name: ExampleName; taps: Record<string, string> }[] = [
  {
    name: '07 - MQTT sensor in, alarm out',
    taps: {
      f07acoordinate: 'payload.version',
      f07apredict: 'payload.version & " " & $exists(payload.threshold)',
      f07ahysteresis: 'payload.alarm',
    },
  },
  {
    name: '08 - Label by button',
    taps: { f08awindow: 'label', f08acoordinate: 'payload.version', f08apredict: 'payload.label' },
  },
  {
    name: '09 - ECG by patient',
    taps: { f09acoordinate: 'payload.average.balancedAccuracy', f09aearly: 'payload.label' },
  },
  {
    name: '10 - Stress from a wrist',
    taps: { f10acoordinate: 'payload.average.balancedAccuracy', f10apredicta: 'payload.label' },
  },
  {
    name: '11 - Export and use elsewhere',
    taps: { f11acoordinate: 'payload.version', f11aanswer: 'payload.files' },
  },
  { name: '12 - Card payments', taps: { f12afound: 'payload.found' } },
];

/** The broker of the sensors of an example; others have the one of their federation alone. */
let mosquitto: Mosquitto | undefined;

/** As imported, but for the ports of brokers, and debug nodes that print to the log what is read. */
async function prepared({ name, taps }: (typeof examples)[number]): Promise<FlowNode[]> {
  const port = await freePort();
  const flows = exampleFlows(name).map((node): FlowNode => {
    const [first = [], ...others] = (node['wires'] as string[][] | undefined) ?? [];
    if (taps[node.id]) return { ...node, wires: [[...first, `tap-${node.id}`], ...others] };
    if (node.type === 'mqtt-broker') return { ...node, port: String(mosquitto?.port) };
    if (node.type !== 'ftte-federation') return node;
    return node['broker'] === 'hosted'
      ? { ...node, port: String(port) }
      : { ...node, url: `mqtt://127.0.0.1:${port}` };
  });
  const z = flows.find(({ type }) => type === 'tab')?.id;
  const debug = { type: 'debug', z, x: 1, y: 1, active: true, console: 'true', wires: [] };
  const printing = Object.entries(taps).map(([id, complete]) => ({
    ...{ ...debug, id: `tap-${id}`, name: id, complete, targetType: 'jsonata' },
  }));
  return [...flows, ...printing];
}

describe('the example flows in one Node-RED', function () {
  this.timeout(300_000);
  let red: NodeRedProcess;
  before(async function () {
    if (!isBuilt()) return this.skip();
    if (findProgram('mosquitto')) mosquitto = await startMosquitto();
    const flows = (await Promise.all(examples.map(prepared))).flat();
    red = await startNodeRed({ flows, env: { FTTE_DATA: '' } });
  });
  after(async () => {
    await red?.stop();
    await mosquitto?.stop();
  });

  const press = async (id: string) => {
    const answer = await fetch(`${red.url}/inject/${id}`, { method: 'POST' });
    assert.equal(answer.status, 200, id);
  };
  /** Resolves when a node has sent something that matches, in a message of its own. */
  const sends = (id: string, what: RegExp) => red.line(new RegExp(`\\[debug:${id}\\] (?:${what.source})$`));

  // The first one, because it stops learning right after its first version.
  it('"07 - MQTT sensor in, alarm out" raises one alarm if the bearing breaks, and ends it when it is repaired', async function () {
    if (!mosquitto) return this.skip();
    await sends('f07acoordinate', /[1-9]/);
    await press('f07apause');
    // Of the model that stays, and not of one before it.
    await sends('f07apredict', /[1-9] true/);
    await press('f07abreaks');
    await sends('f07ahysteresis', /on/);
    await press('f07arepaired');
    await sends('f07ahysteresis', /off/);
  });

  it('"12 - Card payments" finds frauds that nobody has shown it', async () => {
    await sends('f12afound', /[2-9]|\d\d/);
  });

  it('"10 - Stress from a wrist" recognises stress of a person whom no gateway has trained on', async () => {
    await sends('f10acoordinate', /1|0\.[89]\d*/);
    await sends('f10apredicta', /STRESSED/);
  });

  it('"09 - ECG by patient" finds early beats of patients whom no hospital has trained on', async () => {
    await sends('f09acoordinate', /1|0\.[89]\d*/);
    await sends('f09aearly', /V/);
  });

  it('"11 - Export and use elsewhere" writes files for Keras, and gives a page what TensorFlow.js reads', async () => {
    await sends('f11acoordinate', /\d+/);
    await press('f11afiles');
    await red.line(/'model\.json': '.*ftte-model/);
    await press('f11apage');
    await sends('f11aanswer', /kept for the page/);
    const get = async (file: string) =>
      Buffer.from(await (await fetch(`${red.url}/ftte-model/${file}`)).arrayBuffer());
    const model = JSON.parse((await get('model.json')).toString());
    const numbers = (model.weightsManifest[0].weights as { shape: number[] }[])
      .map(({ shape }) => shape.reduce((product, size) => product * size, 1))
      .reduce((sum, count) => sum + count);
    assert.equal((await get('weights.bin')).length, 4 * numbers);
    assert.deepEqual(readdirSync(join(red.userDir, 'ftte-model')).sort(), ['model.json', 'weights.bin']);
  });

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
