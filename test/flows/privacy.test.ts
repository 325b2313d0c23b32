import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import type { TaskInput } from '../../gateway/task';
import { HostedBroker } from '../../gateway/transport';
import { decodeMessage, PlanBook } from '../../gateway/wire';
import { type ExampleName, exampleFlows, withFlowEnv, withNodes } from '../../tools/support/demonstration';
import { spawnNodeRed } from '../../tools/support/host-process';
import { isBuilt } from '../../tools/support/linked-package';
import type { NodeRedHost } from '../../tools/support/node-red-host';
import { root } from '../support/source-files';

/** Eight bytes at every place of some bytes, to be found by their value. */
class ByteIndex {
  private static readonly bits = 20;
  private readonly view: DataView;
  /** First place of each hash, and for each place the next of the same hash; -1 ends. */
  private readonly heads = new Int32Array(1 << ByteIndex.bits).fill(-1);
  private readonly next: Int32Array;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.next = new Int32Array(Math.max(0, bytes.length - 7)).fill(-1);
    for (let at = 0; at < this.next.length; at++) {
      const hash = this.hash(this.view.getUint32(at, true), this.view.getUint32(at + 4, true));
      this.next[at] = this.heads[hash]!;
      this.heads[hash] = at;
    }
  }

  /** A place at which these two halves lie, or -1. */
  find(low: number, high: number): number {
    let at = this.heads[this.hash(low, high)]!;
    while (at >= 0 && (this.view.getUint32(at, true) !== low || this.view.getUint32(at + 4, true) !== high))
      at = this.next[at]!;
    return at;
  }

  private hash(low: number, high: number): number {
    return (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> (32 - ByteIndex.bits);
  }
}

/**
 * Finds runs of recorded values in bytes, however they may lie there: as float32 or float64, in either byte order, as
 * they were recorded or as a window holds them. A run is two neighbouring values of one window or reading, which by
 * chance appear once in 2^64 places.
 */
class RunFinder {
  private readonly index: ByteIndex;
  private readonly form = new DataView(new ArrayBuffer(8));

  constructor(bytes: Uint8Array) {
    this.index = new ByteIndex(bytes);
  }

  /** A place in the bytes at which a run of these values lies, or -1. */
  find(values: ArrayLike<number>): number {
    for (let i = 0; i + 1 < values.length; i++) {
      const [first, second] = [values[i]!, values[i + 1]!];
      // Two plain numbers (zeros, ones) lie in any model.
      if (Math.fround(first * 16) % 1 === 0 || Math.fround(second * 16) % 1 === 0) continue;
      for (const littleEndian of [true, false]) {
        this.form.setFloat32(0, first, littleEndian);
        this.form.setFloat32(4, second, littleEndian);
        const single = this.findForm();
        if (single >= 0) return single;
        this.form.setFloat64(0, first, littleEndian);
        const double = this.findForm();
        if (double >= 0) return double;
      }
    }
    return -1;
  }

  private findForm(): number {
    return this.index.find(this.form.getUint32(0, true), this.form.getUint32(4, true));
  }
}

/** The types of messages that docs/protocol.md describes; `catch-up` is a grant that brings the model. */
const known = [
  ...[...readFileSync(join(root, 'docs/protocol.md'), 'utf8').matchAll(/^\*\*(\w+)\*\* - /gm)].map(
    ([, type]) => type!,
  ),
  'catch-up',
];

interface Run {
  readonly what: string;
  readonly example: ExampleName;
  readonly federation: string;
  /** Speed at which the example plays. */
  readonly speed: string;
  /** The version that is enough. */
  readonly version: number;
  readonly aggregation?: TaskInput['aggregation'];
  /** Messages that this run has, and the others need not have. */
  readonly types?: readonly string[];
}

/** Each kind of task in an example of it, and rounds that are granted. */
const runs: readonly Run[] = [
  {
    what: 'a classification',
    example: '01 - Wearables on one machine',
    federation: 'wearables',
    speed: '400',
    version: 3,
  },
  {
    what: 'a classification in granted rounds',
    example: '01 - Wearables on one machine',
    federation: 'wearables',
    speed: '400',
    version: 3,
    aggregation: { participation: { kind: 'granted' } },
    types: ['ready', 'grant', 'catch-up'],
  },
  { what: 'a forecast', example: '04 - Vitals forecast', federation: 'vitals', speed: '900', version: 2 },
  {
    what: 'a search for anomalies',
    example: '05 - ECG anomalies',
    federation: 'ecg',
    speed: '60',
    version: 2,
  },
];

for (const { what, example, federation, speed, version, aggregation, types: itsTypes = [] } of runs) {
  describe(`what leaves a gateway in the run of ${what}`, function () {
    this.timeout(300_000);
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
      // Messages on any other topic would be dropped, and counted.
      await observer.subscribeAsync('ftte/v1/#', { qos: 1 });

      const { port } = new URL(broker.url);
      const played = withFlowEnv(exampleFlows(example), 'FTTE_SPEED', speed);
      const tasked = withNodes(played, 'ftte-task', ({ task }) => ({
        task: { ...(task as TaskInput), ...(aggregation && { aggregation }) },
      }));
      const flows = withNodes(tasked, 'ftte-federation', () => ({
        broker: 'url',
        url: `mqtt://127.0.0.1:${port}`,
      }));
      await new Promise<void>((resolve, reject) => {
        spawnNodeRed({
          flows,
          forward: [
            { nodeType: 'ftte-window', port: 0 },
            { nodeType: 'ftte-replay', port: 0 },
            { nodeType: 'ftte-coordinate', port: 0 },
          ],
          onSend: ({ nodeType, msg }) => {
            const { payload, sample } = msg;
            if (nodeType === 'ftte-window') windows.push(payload as Float32Array);
            if (sample) windows.push(sample as Float32Array);
            if (nodeType === 'ftte-replay' && Array.isArray(payload)) readings.push(...payload);
            // Versions that come faster than they are judged are passed over.
            const told = (payload as { version?: number }).version ?? 0;
            if (nodeType === 'ftte-coordinate' && told >= version) resolve();
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
      assert.equal(broker?.counts.refusedTopics, 0);
      const types = new Set<string>();
      const plans = new PlanBook();
      for (const { topic, payload } of packets) {
        assert.match(topic, new RegExp(`^ftte/v1/${federation}/((gw|to)/[\\w.-]+|all)/\\w+$`));
        if (payload.length === 0) continue;
        const message = decodeMessage(payload, undefined, { plans });
        types.add(message.type === 'grant' && message.catchUp ? 'catch-up' : message.type);
      }
      for (const type of types) assert.ok(known.includes(type), type);
      for (const type of ['hello', 'task', 'update', 'ack', 'patch', ...itsTypes])
        assert.ok(types.has(type), `${type} was seen`);
    });

    it('holds no run of values of any window or reading, raw or normalised', () => {
      assert.ok(
        windows.length > 100 && readings.length > 1000,
        `${windows.length} windows, ${readings.length} readings`,
      );
      const finder = new RunFinder(Buffer.concat(packets.map(({ payload }) => payload)));
      // The values of one moment side by side, and those of one channel one after the other.
      const rows = readings.map(({ time: _, ...row }) => Object.values(row));
      const series = [...(rows[0]?.keys() ?? [])].map((c) => rows.map((row) => row[c] ?? Number.NaN));
      for (const values of [...windows, ...rows, ...series])
        assert.equal(finder.find(values), -1, 'a message holds recorded values');
    });

    it('would have been caught: the search finds a window hidden in a message', () => {
      const window = windows.find((values) => values.length > 0)!;
      const hidden = Buffer.concat([
        Buffer.from('xyz'),
        Buffer.from(window.buffer, window.byteOffset, window.byteLength),
      ]);
      assert.ok(new RunFinder(hidden).find(window) >= 3);
    });
  });
}
