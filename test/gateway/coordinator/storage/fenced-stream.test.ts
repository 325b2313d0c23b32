import { deepEqual, equal, rejects } from 'node:assert/strict';
import { FencedStream } from '../../../../gateway/coordinator/storage/jetstream/fenced-stream';
import type { JetStreamSession } from '../../../../gateway/coordinator/storage/jetstream/jetstream-session';
import { StreamFiles } from '../../../../gateway/coordinator/storage/jetstream/stream-files';

const place = 'nats://cluster';

/** A cluster with one stream, as its leader answers: the leader may lack messages, or change. */
class Cluster {
  leader = 'one';
  lastSeq = 0;
  /** Number of the newest messages that the leader lacks. */
  behind = 0;
  description = '';
  readonly purged: string[] = [];
  readonly messages = new Map<string, { seq: number; data: Uint8Array }>();
  onMessage: () => void = () => undefined;

  readonly session = {
    place,
    options: { patienceMs: 1_000 },
    use: <T>(job: (open: unknown) => Promise<T>) =>
      job({
        client: {
          publish: async (subject: string, data: Uint8Array) => {
            this.messages.set(subject, { seq: ++this.lastSeq, data });
            return { seq: this.lastSeq };
          },
        },
        streams: {
          info: async (_: string, options?: { subjects_filter: string }) => ({
            config: { max_msgs_per_subject: 1, description: this.description },
            cluster: { leader: this.leader },
            state: {
              last_seq: this.lastSeq - this.behind,
              subjects: Object.fromEntries(
                [...this.messages.keys()]
                  .filter((subject) => subject.startsWith(options?.subjects_filter.replace('>', '') ?? ''))
                  .map((subject) => [subject, 1]),
              ),
            },
          }),
          update: async (_: string, { description }: { description: string }) => {
            this.description = description;
          },
          purge: async (_: string, { filter }: { filter: string }) => this.purged.push(filter),
        },
      }),
    message: async (_: string, { last_by_subj: subject }: { last_by_subj: string }) => {
      this.onMessage();
      const found = this.messages.get(subject);
      return found && found.seq <= this.lastSeq - this.behind ? { subject, ...found } : undefined;
    },
  } as unknown as JetStreamSession;

  open(run: string): { stream: FencedStream; files: StreamFiles } {
    const stream = new FencedStream(this.session, { run }, 'FTTE_1', 'ftte.log.1', 'a log');
    return { stream, files: new StreamFiles(stream, place, 1_000) };
  }
}

describe('a log in a cluster of NATS', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = new Cluster();
    await cluster.open('first').files.write('owner', [Uint8Array.of(1)]);
    cluster.purged.length = 0;
  });

  it('removes nothing because a server in the lead has not caught up, and reads what is there when it has', async () => {
    const { files } = cluster.open('second');
    // It has not even the list of files.
    cluster.behind = cluster.lastSeq;
    await rejects(files.list(), {
      code: 'storage',
      message: `the log at ${place} has a server in the lead that has not caught up yet`,
    });
    deepEqual(cluster.purged, []);
    cluster.behind = 0;
    deepEqual(await files.list(), ['owner']);
    deepEqual([...(await files.read('owner'))], [1]);
    deepEqual(cluster.purged, []);
  });

  it('takes nothing of a read during which the leader has changed', async () => {
    const { stream, files } = cluster.open('second');
    await files.list();
    cluster.onMessage = () => {
      cluster.leader = 'two';
    };
    await rejects(files.read('owner'), {
      code: 'storage',
      message: `the log at ${place} has changed its leader during a read, and is asked again`,
    });
    equal(await stream.consistent(async () => 'all of it'), 'all of it');
    deepEqual([...(await files.read('owner'))], [1]);
  });
});
