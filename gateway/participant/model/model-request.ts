import type { Clock, Log } from '../../platform';
import type { Session } from '../../session';
import { AnswerWatch } from '../answers/answer-watch';
import { PartSize } from '../answers/part-size';

export interface ModelRequestOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the coordinator has a version to send. */
  readonly isPublished: () => boolean;
}

/** Payload that a session sends in one piece unless the broker accepts less. */
const usualBytes = 128 * 1024;

/**
 * A request for the model, repeated until a snapshot comes. If nothing of it has come since the last request, the next
 * one requests smaller parts: a broker may drop messages above a limit that it does not announce. What has been learned
 * holds for all later messages.
 */
export class ModelRequest {
  private readonly parts: PartSize;
  private readonly watch: AnswerWatch;
  private askedMs: number | undefined;

  constructor(private readonly options: ModelRequestOptions) {
    const { session, clock, log } = options;
    this.parts = new PartSize(() => session.partLimitBytes);
    this.watch = new AnswerWatch({
      session,
      clock,
      type: 'sync',
      answer: 'snapshot',
      doubt: () => ` Or the broker drops messages of ${this.parts.bytes ?? usualBytes} bytes.`,
      onUnanswered: (text) => log.warn(text, 'not-answered'),
      onAnswered: (text) => log.info(text),
    });
  }

  /** @throws FtteError as `Session.send` does */
  async send(lineage: string, version: number): Promise<void> {
    const { session, clock, isPublished } = this.options;
    if (this.askedMs !== undefined && isPublished()) {
      // A snapshot of which parts arrive is merely slow.
      if ((session.receivedMs('snapshot') ?? 0) < this.askedMs) this.parts.shrink(usualBytes);
      else this.watch.reset();
    }
    this.askedMs = clock.now();
    const maxPartBytes = this.parts.bytes;
    await session.send({ type: 'sync', lineage, version, ...(maxPartBytes && { maxPartBytes }) });
    if (isPublished()) this.watch.sent();
  }

  /** A snapshot came. */
  answered(): void {
    const { session, log } = this.options;
    const { bytes, failedBytes } = this.parts;
    if (bytes !== undefined && failedBytes !== undefined) {
      session.limitParts(bytes);
      const topic = session.topicOf('snapshot');
      log.warn(
        `the model arrived on ${topic} in parts of ${bytes} bytes, and not in parts of ${failedBytes}: the broker seems to drop larger messages, so they are sent in parts of ${bytes} bytes`,
        'broker-too-large',
      );
    }
    this.watch.answered();
    this.reset();
  }

  /** The coordinator may be another one, or may answer now: the next request is the first one again. */
  reset(): void {
    this.askedMs = undefined;
    this.parts.reset();
    this.watch.reset();
  }
}
