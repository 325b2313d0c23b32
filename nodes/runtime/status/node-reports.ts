import type { Node } from 'node-red';
import {
  type Clock,
  FtteError,
  type Log,
  type Notice,
  type NoticeCode,
  NoticeCounter,
  noticeCodeOf,
  systemClock,
} from '../../../gateway/platform';
import { nodeError } from './node-error';
import { inRuntimeLanguage, lineWith } from './notice-sentence';
import { Status } from './status';
import type { Translator } from './translate';

/** Errors that say what the node waits for: its status shows that already. */
const waiting: readonly NoticeCode[] = ['not-ready', 'cancelled'];

/**
 * Reports of a node: in its status, in the log, and to Catch nodes. The same thing is said once and then counted (`x 238`),
 * in all three alike.
 */
export class NodeReports {
  readonly status: Status;
  /** For the rooms below. */
  readonly log: Log;
  /** Counts the lines of the log. */
  private readonly logged: NoticeCounter;
  /** Counts the errors for Catch nodes; Node-RED logs them if there are none. */
  private readonly failures: NoticeCounter;
  private isClosed = false;

  constructor(
    private readonly RED: Translator,
    private readonly node: Node,
    readonly clock: Clock = systemClock,
  ) {
    this.status = new Status(RED, node, clock);
    this.logged = new NoticeCounter(clock, (notice) => this.say(notice));
    this.failures = new NoticeCounter(clock, (notice) => node.error(this.noticeError(notice), {}));
    node.on('close', () => {
      this.isClosed = true;
      this.logged.stop();
      this.failures.stop();
    });
    this.log = {
      info: (text, code) => (code ? this.logged.say({ code, level: 'info', text }) : node.log(text)),
      warn: (text, code) => this.logged.say({ code, level: 'warning', text }),
      error: (text, code) => this.logged.say({ code, level: 'error', text }),
      debug: (text) => node.debug(text),
    };
  }

  /** Something is lost or wrong, and the work goes on. */
  warn(text: string, code: NoticeCode): void {
    this.log.warn(text, code);
  }

  /** Ends a warning whose cause is over: it is not said again with its number. */
  ended(code: NoticeCode): void {
    this.logged.end(code);
  }

  /** Something failed outside a message; Catch nodes get it with an empty message. */
  error(error: unknown, answers = false): void {
    const said = this.failure(error, answers);
    if (said) this.node.error(said, {});
  }

  /** The error in the words of the node's language. */
  translated(error: unknown): Error {
    return nodeError(this.RED, this.node.type, error);
  }

  /** The node cannot work: an error for the log alone, as no flow has begun. */
  logError(error: unknown): void {
    const { message: text } = this.translated(error);
    this.node.error(this.noticeError({ code: noticeCodeOf(error), text, count: 1 }));
  }

  /**
   * A message failed.
   * @param answers somebody waits for the result of the message, and gets each failure
   * @returns the error for the flow; undefined if it has just been said, and is counted only
   */
  failure(error: unknown, answers = false): Error | undefined {
    // A deploy stops the work on messages that are under way: that is no error of the flow.
    if (this.isClosed) return undefined;
    const translated = this.translated(error);
    const code = noticeCodeOf(error);
    const { notice, due } = this.failures.count({ code, level: 'error', text: translated.message });
    if (!waiting.includes(code)) this.status.failed(notice);
    return due || answers ? this.saidError(notice, translated) : undefined;
  }

  /** Says a notice that a role has counted. */
  say(notice: Notice): void {
    if (notice.level === 'error') this.node.error(this.noticeError(notice));
    else if (notice.level === 'warning') this.node.warn(this.lineOf(notice));
    else this.node.log(this.lineOf(notice));
  }

  /** A notice as Node-RED logs it. */
  private lineOf(notice: Said): string {
    return lineWith(notice.code, inRuntimeLanguage(this.RED, notice));
  }

  /** A notice of its own as an error, so that Catch nodes get its code. */
  private noticeError(notice: Said): Error {
    const text = inRuntimeLanguage(this.RED, notice);
    return withCodeInLog(Object.assign(new Error(text), { code: notice.code }), notice.code);
  }

  /** The error with the number of its notice. */
  private saidError(notice: Notice, error: Error): Error {
    const text = inRuntimeLanguage(this.RED, notice);
    const counted =
      error instanceof FtteError
        ? new FtteError(
            error.code,
            text,
            { ...error.details, count: notice.count },
            { cause: error.cause ?? error },
          )
        : new Error(text, { cause: error });
    return withCodeInLog(counted, notice.code);
  }
}

type Said = Pick<Notice, 'code' | 'text' | 'count'>;

/**
 * Node-RED gives Catch nodes the text of `toString()`, beside the code in a field of its own. Its log joins the error to
 * other texts, which asks for a primitive: there, the code is in the line.
 */
function withCodeInLog(error: Error, code: NoticeCode): Error {
  const text = error.message;
  return Object.assign(error, {
    toString: () => text,
    [Symbol.toPrimitive]: () => lineWith(code, text),
  });
}
