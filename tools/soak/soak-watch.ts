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

/** Listens at the broker itself: versions only go forward, and a number stands for the same bytes wherever it is seen. */
export class SoakWatch {
  newest = -1;
  heads = 0;
  patches = 0;
  readonly rejections = new Map<string, number>();
  private readonly lineages = new Set<string>();
  /** By what and number. */
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
      if (this.lineages.size > 1) this.failed(`a second lineage: ${[...this.lineages]}`);
      if (version < this.newest && !retained) this.failed(`version ${version} after ${this.newest}`);
      this.newest = Math.max(this.newest, version);
    });
    await this.session.subscribe('patch', ({ version, segments, delta }) => {
      this.patches++;
      this.same(`patch ${version}`, `${JSON.stringify(segments)} ${digestOf(delta.values)}`);
    });
  }

  /** What a gateway tells of itself. */
  hear(_id: string, message: FromSoakProcess): void {
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
    if (known !== undefined && known !== digest) this.failed(`${what} came with other bytes`);
    this.digests.set(what, digest);
  }
}
