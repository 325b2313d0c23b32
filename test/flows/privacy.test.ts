import assert from 'node:assert/strict';
import mqtt from 'mqtt';
import { demonstrationFlows, withFlowEnv, withNodes } from '../../bench/support/demonstration';
import { spawnNodeRed } from '../../bench/support/host-process';
import type { NodeRedHost } from '../../bench/support/node-red-host';
import { HostedBroker } from '../../gateway/transport';
import { decodeMessage } from '../../gateway/wire';
import { isBuilt } from '../support/node-red-process';

/**
 * Finds runs of recorded values in bytes, however they may lie there: as float32 or float64, in either byte order, as
 * they were recorded or as a window holds them. A run is two neighbouring values of one window or reading, which by
 * chance appear once in 2^64 places.
 */
class RunFinder {
  private readonly runs = new Set<string>();

  add(values: ArrayLike<number>): void {
    for (let i = 0; i + 1 < values.length; i++) {
      const pair = [values[i]!, values[i + 1]!];
      // Two plain numbers (zeros, ones) lie in any model.
      if (pair.some((value) => Math.fround(value * 16) % 1 === 0)) continue;
      for (const form of this.forms(pair)) this.runs.add(form.toString('latin1'));
    }
  }

  /** The first offset in `bytes` at which a run begins, or -1. */
  find(bytes: Uint8Array): number {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    for (let i = 0; i + 8 <= text.length; i++) if (this.runs.has(text.slice(i, i + 8))) return i;
    return -1;
  }

  private forms([first, second]: number[]): Buffer[] {
    const forms = Array.from({ length: 4 }, () => Buffer.alloc(8));
    forms[0]!.writeFloatLE(first!, 0);
    forms[0]!.writeFloatLE(second!, 4);
    forms[1]!.writeFloatBE(first!, 0);
    forms[1]!.writeFloatBE(second!, 4);
    forms[2]!.writeDoubleLE(first!, 0);
    forms[3]!.writeDoubleBE(first!, 0);
    return forms;
  }
}

/** Message types of docs/protocol.md. */
const known = [
  'hello',
  'presence',
  'claim',
  'task',
  'head',
  'patch',
  'snapshot',
  'sync',
  'update',
  'ack',
  'chunk',
];

describe('what leaves a gateway in a demonstration run', function () {
  this.timeout(120_000);
  const packets: { topic: string; payload: Buffer }[] = [];
  const windows: Float32Array[] = [];
  const readings: Record<string, number>[] = [];
  let broker: HostedBroker | undefined;
  let observer: mqtt.MqttClient | undefined;
  let host: NodeRedHost | undefined;

  before(async function () {
    if (!isBuilt()) this.skip();
    broker = new HostedBroker({ port: 0 });
    await broker.start();
    observer = await mqtt.connectAsync(broker.url, { protocolVersion: 4 });
    observer.on('message', (topic, payload) => packets.push({ topic, payload }));
    await observer.subscribeAsync('#', { qos: 1 });

    const { port } = new URL(broker.url);
    const flows = withNodes(
      withFlowEnv(demonstrationFlows(Number(port)), 'FTTE_SPEED', '400'),
      'ftte-federation',
      () => ({
        broker: 'url',
        url: `mqtt://127.0.0.1:${port}`,
      }),
    );
    await new Promise<void>((resolve, reject) => {
      spawnNodeRed({
        flows,
        forward: [
          { nodeType: 'ftte-window', port: 0 },
          { nodeType: 'ftte-replay', port: 0 },
          { nodeType: 'ftte-coordinate', port: 0 },
        ],
        onSend: ({ nodeType, msg }) => {
          const { payload } = msg;
          if (nodeType === 'ftte-window') windows.push(payload as Float32Array);
          else if (nodeType === 'ftte-replay' && Array.isArray(payload)) readings.push(...payload);
          else if ((payload as { version?: number }).version === 3) resolve();
        },
      }).then((started) => {
        host = started;
      }, reject);
    });
  });

  after(async () => {
    await host?.stop();
    await observer?.endAsync();
    await broker?.stop();
  });

  it('is messages of the protocol and nothing else', () => {
    const types = new Set<string>();
    for (const { topic, payload } of packets) {
      assert.match(topic, /^ftte\/v1\/wearables\/(gw|to)\/[\w.-]+\/\w+$|^ftte\/v1\/wearables\/all\/\w+$/);
      if (payload.length > 0) types.add(decodeMessage(payload).type);
    }
    for (const type of types) assert.ok(known.includes(type), type);
    for (const type of ['hello', 'task', 'update', 'ack', 'patch'])
      assert.ok(types.has(type), `${type} was seen`);
  });

  it('holds no run of values of any window or reading, raw or normalised', () => {
    const finder = new RunFinder();
    for (const window of windows) finder.add(window);
    for (const { time: _, ...row } of readings) finder.add(Object.values(row));
    assert.ok(
      windows.length > 100 && readings.length > 1000,
      `${windows.length} windows, ${readings.length} readings`,
    );
    for (const { topic, payload } of packets) {
      const at = finder.find(payload);
      assert.equal(at, -1, `${topic} holds recorded values at byte ${at}`);
    }
  });

  it('would have been caught: the search finds a window hidden in a message', () => {
    const finder = new RunFinder();
    const window = windows.find((values) => values.length > 0)!;
    finder.add(window);
    const hidden = Buffer.concat([
      Buffer.from('xyz'),
      Buffer.from(window.buffer, window.byteOffset, window.byteLength),
    ]);
    assert.ok(finder.find(hidden) >= 3);
  });
});
