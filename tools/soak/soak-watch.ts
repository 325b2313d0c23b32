import { createHash } from 'node:crypto';
import { SeededRandom, systemClock } from '../../gateway/platform';
import { TransportSession } from '../../gateway/session';
import { MqttTransport } from '../../gateway/transport';
import type { FromSoakProcess } from './soak-types';
import { soakFederation } from './soak-types';

const digestOf = (values: Float32Array) =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

/** Subscribes at the broker and checks that versions only increase, and that a version has the same bytes everywhere. */
export class SoakWatch {
  newest = -1;
  heads = 0;
  patches = 0;
  readonly rejections = new Map<string, number>();
  private readonly lineages = new Set<string>();
  /** Digests by kind and version. */
  private readonly digests = new Map<string, string>();
  private readonly transport: MqttTransport;
  private readonly session: TransportSession;

  constructor(
    port: number,
    private readonly failed: (what: string) => void,
  ) {
    this.transport = new MqttTransport({
      url: `mqtt://127.0.0.1:${port}`,
      clientId: `${soakFederation}-watch`,
      backoff: { minMs: 50, maxMs: 500 },
    });
    this.session = new TransportSession({
      transport: this.transport,
      federation: soakFederation,
      id: 'watch',
      clock: systemClock,
      random: new SeededRandom(1),
    });
    this.session.onDrop(({ reason, detail }) => this.failed(`a message was dropped: ${reason}, ${detail}`));
  }

  async start(): Promise<void> {
    this.transport.open();
    await this.session.subscribe('head', ({ lineage, version }, { retained }) => {
      this.heads++;
      this.lineages.add(lineage);
      if (this.lineages.size > 1) this.failed(`expected one lineage, got ${[...this.lineages]}`);
      if (version < this.newest && !retained) this.failed(`version ${version} after ${this.newest}`);
      this.newest = Math.max(this.newest, version);
    });
    await this.session.subscribe('patch', ({ version, segments, delta }) => {
      this.patches++;
      this.same(`patch ${version}`, `${JSON.stringify(segments)} ${digestOf(delta.values)}`);
    });
  }

  /** Takes a message of a gateway's or the coordinator's process. */
  receive(message: FromSoakProcess): void {
    if (message.kind === 'held')
      this.same(`version ${message.version} of ${message.lineage}`, message.digest);
    if (message.kind === 'rejected')
      this.rejections.set(message.reason, (this.rejections.get(message.reason) ?? 0) + 1);
  }

  async stop(): Promise<void> {
    await this.session.stop();
    await this.transport.close();
  }

  private same(what: string, digest: string): void {
    const known = this.digests.get(what);
    if (known !== undefined && known !== digest) this.failed(`${what} has different bytes`);
    this.digests.set(what, digest);
  }
}
