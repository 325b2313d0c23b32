import type { LogHolder, LogLeader, LogLease } from '../shared/shared-log';
import type { JetStreamSession } from './jetstream-session';
import { makeStream } from './make-stream';
import { isOvertaken } from './nats-errors';

/** Nanoseconds of a millisecond. */
const nanoseconds = 1e6;

/** The run that holds the lease, and a number that is higher for each holder. */
export interface JetStreamFence {
  run: string | undefined;
}

interface Content extends LogHolder {
  readonly sinceMs?: number | undefined;
}

/** A message with the leader of a federation, in a stream whose messages end by the clock of the server. */
export class JetStreamLease implements LogLease {
  private held: { readonly seq: number; readonly content: Content } | undefined;
  private isMade = false;

  constructor(
    private readonly session: JetStreamSession,
    private readonly hash: string,
    private readonly fence: JetStreamFence,
    private readonly leaseMs: number,
  ) {}

  async take(holder: LogHolder, unrenewed?: string): Promise<LogLeader | undefined> {
    await this.make();
    this.fence.run = undefined;
    const found = await this.session.message(this.stream, { last_by_subj: this.subject });
    const leader = found && (JSON.parse(Buffer.from(found.data).toString()) as Content);
    const renewal = String(found?.seq);
    if (leader && leader.run !== holder.run && renewal !== unrenewed) {
      const sinceMs = leader.sinceMs ?? found.time.getTime();
      return { coordinator: leader.coordinator, sinceMs, renewal };
    }
    const seq = await this.put(holder, found?.seq ?? 0);
    // Another one was faster: the next attempt names it.
    if (seq === undefined) return { coordinator: '', sinceMs: 0, renewal: '' };
    const own = await this.session.message(this.stream, { seq });
    this.held = { seq, content: { ...holder, sinceMs: own?.time.getTime() } };
    this.fence.run = holder.run;
    return undefined;
  }

  async renew(): Promise<boolean> {
    const { held } = this;
    if (!held) return false;
    let seq = await this.put(held.content, held.seq);
    if (seq === undefined) {
      // The answer to the last renewal may have been lost.
      const found = await this.session.message(this.stream, { last_by_subj: this.subject });
      const isOwn =
        found && (JSON.parse(Buffer.from(found.data).toString()) as Content).run === held.content.run;
      seq = isOwn ? await this.put(held.content, found.seq) : undefined;
    }
    // Meanwhile it may have been given up, or taken again.
    if (this.held === held) this.held = seq === undefined ? undefined : { ...held, seq };
    return seq !== undefined;
  }

  async give(): Promise<void> {
    const { held } = this;
    this.held = undefined;
    this.fence.run = undefined;
    if (!held) return;
    // Only its own message: another one may have taken the lease.
    await this.session.use(({ streams }) =>
      streams.purge(this.stream, { filter: this.subject, seq: held.seq + 1 }),
    );
  }

  private get stream(): string {
    return `FTTE_LEASE_${this.hash}`;
  }

  private get subject(): string {
    return `ftte.lease.${this.hash}`;
  }

  private async make(): Promise<void> {
    if (this.isMade) return;
    await makeStream(this.session, this.stream, {
      description: `who leads the federation ${this.session.options.federation}`,
      subjects: [this.subject],
      max_age: this.leaseMs * nanoseconds,
      duplicate_window: this.leaseMs * nanoseconds,
    });
    this.isMade = true;
  }

  /** @returns undefined if the newest message is not the expected one */
  private put(content: Content, lastSubjectSequence: number): Promise<number | undefined> {
    const data = Buffer.from(JSON.stringify(content));
    return this.session
      .use(
        async ({ client }) =>
          (await client.publish(this.subject, data, this.options({ lastSubjectSequence }))).seq,
        isOvertaken,
      )
      .catch((error) => {
        if (isOvertaken(error)) return undefined;
        throw error;
      });
  }

  private options(expect: { readonly lastSubjectSequence: number }) {
    return { expect, retries: 1, timeout: this.session.options.patienceMs };
  }
}
