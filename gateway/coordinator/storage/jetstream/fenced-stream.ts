import { SerialQueue } from '../../../platform';
import { deposedError, logError } from '../shared/shared-log';
import type { JetStreamFence } from './jetstream-lease';
import type { JetStreamSession } from './jetstream-session';
import { makeStream } from './make-stream';
import type { StoredMessage } from './nats';
import { isOvertaken } from './nats-errors';

/** The end of the description of a stream that has had a list of files. */
const inUse = ', in use';

/**
 * The stream of one model, to which one run writes at a time. Each message names the last one before it, and a run begins
 * with a message of its own: from then on the run before it can store nothing, however late its messages come.
 */
export class FencedStream {
  /** Messages of one checkpoint come at the same time, and each names the one before it. */
  private readonly queue = new SerialQueue();
  /** The newest message; undefined if it is not known, because an answer was lost. */
  private last: number | undefined;
  /** The newest message that is known to be there: a server that has less than it has not caught up. */
  private least = 0;
  /** The run that has begun here. */
  private run: string | undefined;

  /** @param prefix of all subjects, without the last dot */
  constructor(
    private readonly session: JetStreamSession,
    private readonly fence: JetStreamFence,
    readonly name: string,
    private readonly prefix: string,
    private readonly description: string,
  ) {}

  /** Begins to write: afterwards no other run can. Called before anything is read. @throws FtteError `storage` */
  enter(): Promise<void> {
    return this.queue.run(() => this.enterNow());
  }

  /** Stores a message. @returns its sequence number. @throws FtteError `storage`: it may be stored nevertheless */
  publish(subject: string, data: Uint8Array): Promise<number> {
    return this.queue.run(async () => {
      await this.enterNow();
      if (this.last === undefined) await this.findLast();
      const { last } = this;
      this.last = undefined;
      this.last = await this.put(subject, data, last);
      this.least = this.last;
      return this.last;
    });
  }

  /**
   * Reads several messages as one server has them, which has all that was stored before. In a cluster, one that has just become
   * the leader of the stream may lack messages for a moment, and would say that they do not exist.
   * @throws FtteError `storage` if the leader has changed meanwhile
   */
  async consistent<T>(read: () => Promise<T>): Promise<T> {
    await this.enter();
    const before = await this.look();
    if (before.lastSeq < this.least)
      throw logError(this.session.place, 'slow', 'has a server in the lead that has not caught up yet');
    const result = await read();
    const after = await this.look();
    if (after.leader !== before.leader)
      throw logError(this.session.place, 'slow', 'has changed its leader during a read, and is asked again');
    return result;
  }

  /** The newest message of a subject. */
  async newest(subject: string): Promise<StoredMessage | undefined> {
    await this.enter();
    return this.session.message(this.name, { last_by_subj: `${this.prefix}.${subject}` });
  }

  /** The messages of subjects that end in `>`, oldest first. */
  async *all(subjects: string): AsyncGenerator<StoredMessage> {
    await this.enter();
    for (let seq = 1; ; ) {
      const query = { seq, next_by_subj: `${this.prefix}.${subjects}` };
      const message = await this.session.message(this.name, query);
      if (!message) return;
      yield message;
      seq = message.seq + 1;
    }
  }

  /** The subjects that have messages, without the prefix. */
  async subjects(filter: string): Promise<string[]> {
    await this.enter();
    const { state } = await this.session.use(({ streams }) =>
      streams.info(this.name, { subjects_filter: `${this.prefix}.${filter}` }),
    );
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(this.prefix.length + 1));
  }

  /** Removes messages that nothing needs any more. @param before sequence number of the first one that stays */
  async remove(subjects: string, before?: number): Promise<void> {
    const filter = `${this.prefix}.${subjects}`;
    await this.session.use(({ streams }) =>
      streams.purge(this.name, { filter, ...(before !== undefined && { seq: before }) }),
    );
  }

  /** Whether `markInUse` was called by any run. It is a setting of the stream, which outlives the loss of its messages. */
  async isInUse(): Promise<boolean> {
    const { config } = await this.session.use(({ streams }) => streams.info(this.name));
    return config.description?.endsWith(inUse) ?? false;
  }

  /** Remembers that there is something to lose. @throws FtteError `storage` */
  async markInUse(): Promise<void> {
    if (await this.isInUse()) return;
    const description = `${this.description}${inUse}`;
    await this.session.use(({ streams }) => streams.update(this.name, { description }));
  }

  private async look(): Promise<{ leader: string | undefined; lastSeq: number }> {
    const { state, cluster } = await this.session.use(({ streams }) => streams.info(this.name));
    return { leader: cluster?.leader, lastSeq: state.last_seq };
  }

  private async enterNow(): Promise<void> {
    const { run } = this.fence;
    if (run === undefined) throw deposedError(this.session.place);
    if (this.run === run) return;
    await makeStream(this.session, this.name, {
      description: this.description,
      subjects: [`${this.prefix}.>`],
    });
    this.last = await this.put('fence', Buffer.from(run), undefined);
    this.least = this.last;
    this.run = run;
  }

  /** Finds the newest message after an answer was lost. @throws FtteError `storage` if another run has begun */
  private async findLast(): Promise<void> {
    const { state } = await this.session.use(({ streams }) => streams.info(this.name));
    if (!(await this.isOwn())) throw deposedError(this.session.place);
    this.last = state.last_seq;
  }

  /** Whether no other run has begun to write. */
  private async isOwn(): Promise<boolean> {
    const fence = await this.session.message(this.name, { last_by_subj: `${this.prefix}.fence` });
    return fence !== undefined && Buffer.from(fence.data).toString() === this.run;
  }

  private async put(subject: string, data: Uint8Array, lastSequence: number | undefined): Promise<number> {
    const { patienceMs: timeout } = this.session.options;
    const expect = lastSequence === undefined ? {} : { expect: { lastSequence } };
    try {
      return await this.session.use(
        async ({ client }) =>
          (await client.publish(`${this.prefix}.${subject}`, data, { ...expect, retries: 1, timeout })).seq,
        isOvertaken,
      );
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      if (!(await this.isOwn())) throw deposedError(this.session.place);
      // A message whose answer was lost has arrived after all.
      throw logError(this.session.place, 'slow', 'has stored a message late, and is asked again');
    }
  }
}
