import { createHash } from 'node:crypto';
import type { YieldToEventLoop } from '../../../platform';
import type { UpdateLog } from '../log/update-log';
import { type LogConnectionOptions, leaseOptions, type SharedLog } from '../shared/shared-log';
import { FencedStream } from './fenced-stream';
import { type JetStreamFence, JetStreamLease } from './jetstream-lease';
import { JetStreamLog } from './jetstream-log';
import { JetStreamSession } from './jetstream-session';

/** Bytes of a message: half of the usual limit of servers. */
const pieceBytes = 512 * 1024;

/** The log of a federation in JetStream. It needs the packages `@nats-io/transport-node` and `@nats-io/jetstream`. */
export class JetStreamSharedLog implements SharedLog {
  readonly place: string;
  readonly lease: JetStreamLease;
  private readonly session: JetStreamSession;
  private readonly leaseSession: JetStreamSession;
  private readonly fence: JetStreamFence = { run: undefined };

  /** @param turn yields to the event loop while updates are decoded */
  constructor(
    private readonly options: LogConnectionOptions,
    readonly leaseMs: number,
    private readonly turn?: YieldToEventLoop,
  ) {
    this.place = options.url
      .split(',')
      .map((one) => new URL(one.trim()))
      .map(({ protocol, host }) => `${protocol}//${host}`)
      .join(',');
    // A server of a cluster that is gone does not answer; the others elect another one in seconds.
    const patienceMs = Math.min(options.patienceMs, 4_000);
    this.session = new JetStreamSession(this.place, { ...options, patienceMs });
    this.leaseSession = new JetStreamSession(this.place, leaseOptions(options, leaseMs));
    this.lease = new JetStreamLease(this.leaseSession, hashOf(options.federation), this.fence, leaseMs);
  }

  of(model: string): UpdateLog {
    const { federation } = this.options;
    const hash = hashOf(`${federation}\0${model}`);
    const description = `the log of the federation ${federation}, model ${model}`;
    const stream = new FencedStream(
      this.session,
      this.fence,
      `FTTE_${hash}`,
      `ftte.log.${hash}`,
      description,
    );
    return new JetStreamLog(this.place, stream, pieceBytes, this.turn, () => this.session.close());
  }

  async close(): Promise<void> {
    await Promise.all([this.session.close(), this.leaseSession.close()]);
  }
}

/** Names of federations may hold what names of streams may not. */
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
