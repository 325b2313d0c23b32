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
  /** The number of parameters of the model; undefined before there is one. */
  readonly size: () => number | undefined;
}

/** Payload that a session sends in one piece unless the broker accepts less. */
const usualBytes = 128 * 1024;
/** Bytes of a snapshot for each parameter, which is there twice: as it is, and as the average. */
const bytesOfParameter = 8;
/** The share of the size of parts that a part has at least, unless it is the last one. */
const fullPart = 0.8;
/**
 * Waits for an answer, in ms, before smaller parts are requested from a broker that may drop messages silently: for a
 * snapshot that comes in one piece, and for a larger one.
 */
const patienceMs = { piece: 2_000, large: 3_000 };

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
      doubt: () =>
        ` Or the broker drops messages of ${this.parts.bytes ?? this.wholeBytes} bytes (message_size_limit in Mosquitto).`,
      onUnanswered: (text) => log.warn(text, 'not-answered'),
      onAnswered: (text) => log.info(text),
    });
  }

  /**
   * @param digest of the held version, if the coordinator has another model under its number
   * @throws FtteError as `Session.send` does
   */
  async send(lineage: string, version: number, digest?: string): Promise<void> {
    const { session, clock, isPublished } = this.options;
    if (this.askedMs !== undefined && isPublished()) {
      // A snapshot of which whole parts arrive is merely slow. Its last part may be small enough to pass alone.
      const full = fullPart * (this.parts.bytes ?? this.wholeBytes);
      if ((session.receivedMs('snapshot', full) ?? 0) < this.askedMs) this.parts.shrink(this.wholeBytes);
      else this.watch.reset();
      // Pieces may have been dropped on the way to a slow line.
      session.confirmEach('snapshot');
    }
    this.askedMs = clock.now();
    const maxPartBytes = this.parts.bytes;
    const differs = digest === undefined ? {} : { digest };
    await session.send({ type: 'sync', lineage, version, ...(maxPartBytes && { maxPartBytes }), ...differs });
    if (isPublished()) this.watch.sent();
  }

  /**
   * The time that the next request gets for its answer before another one is sent, in ms, while smaller parts are to be
   * tried; undefined: as long as usual.
   */
  get patienceMs(): number | undefined {
    const { session, isPublished } = this.options;
    if (!session.dropsSilently || !isPublished() || !this.parts.canShrink(this.wholeBytes)) return undefined;
    return this.wholeBytes < usualBytes ? patienceMs.piece : patienceMs.large;
  }

  /** A snapshot came. @param lastBytes size of the message that completed it */
  answered(lastBytes: number): void {
    const { session, log } = this.options;
    const { bytes, failedBytes } = this.parts;
    // An answer in larger pieces belongs to an earlier request, and was merely slow.
    if (bytes !== undefined && failedBytes !== undefined && lastBytes < failedBytes) {
      session.limitParts(bytes);
      const topic = session.topicOf('snapshot');
      log.warn(
        `the model arrived on ${topic} in parts of ${bytes} bytes, and not in parts of ${failedBytes}: the broker seems to drop larger messages (as Mosquitto does above its message_size_limit), so they are sent in parts of ${bytes} bytes`,
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

  /** The largest piece of a snapshot if nothing limits it, in bytes. */
  private get wholeBytes(): number {
    return Math.min(usualBytes, bytesOfParameter * (this.options.size() ?? usualBytes));
  }
}
