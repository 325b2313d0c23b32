import { deepEqual, equal, rejects } from 'node:assert/strict';
import { openSharedLog, type SharedLog } from '../../../../gateway/coordinator/storage';
import { FencedStream } from '../../../../gateway/coordinator/storage/jetstream/fenced-stream';
import {
  type JetStreamFence,
  JetStreamLease,
} from '../../../../gateway/coordinator/storage/jetstream/jetstream-lease';
import { JetStreamLog } from '../../../../gateway/coordinator/storage/jetstream/jetstream-log';
import { JetStreamSession } from '../../../../gateway/coordinator/storage/jetstream/jetstream-session';
import { natsError } from '../../../../gateway/coordinator/storage/jetstream/nats-errors';
import { logError } from '../../../../gateway/coordinator/storage/shared/shared-log';
import { findProgram } from '../../../../tools/support/mosquitto';
import { type Nats, startNats } from '../../../../tools/support/nats';
import { contribution } from '../aggregation/contributions';
import { itIsASharedLog } from './shared-log-place';

const suite = findProgram('nats-server') ? describe : describe.skip;

/** A stream that stores messages, and whose answers to updates are lost while a test says so. */
class LosingStream extends FencedStream {
  losesAnswers = false;

  override async publish(subject: string, data: Uint8Array): Promise<number> {
    const sequence = await super.publish(subject, data);
    if (this.losesAnswers && subject.startsWith('update.'))
      throw logError('nats://test', 'slow', 'has not answered in time');
    return sequence;
  }
}

/** The log of a model for one coordinator. */
async function losingLog(url: string, run: string) {
  const place = 'nats://test';
  const session = new JetStreamSession(place, { url, federation: 'losing', patienceMs: 5_000 });
  const fence: JetStreamFence = { run: undefined };
  const lease = new JetStreamLease(session, 'losing', fence, 60_000);
  equal(await lease.take({ coordinator: 'a', run }), undefined);
  const stream = new LosingStream(session, fence, 'FTTE_LOSING', 'ftte.log.losing', 'losing');
  const log = new JetStreamLog(place, stream, 65_536, undefined, () => session.close());
  const subjects = async () => [...(await stream.subjects('update.>')), ...(await stream.subjects('void.>'))];
  return { log, stream, lease, subjects };
}

const update = (sequence: number) => ({
  lineage: '0123456789abcdef',
  contribution: contribution([sequence], { sequence, id: sequence.toString(16).padStart(16, '0') }),
});

describe('an answer of NATS', () => {
  for (const [text, reason, said] of [
    ['jetstream is not enabled', 'jetstream', 'has no JetStream for this user: switch it on '],
    ['JetStream not enabled for account', 'jetstream', 'has no JetStream for this user: switch it on '],
    [
      'Permissions Violation for Publish to "ftte.lease.1bfc"',
      'rights',
      'refuses the user: let it publish to ftte.> and $JS.API.>: ',
    ],
    [
      'Permissions Violation for Subscription to "_INBOX.1"',
      'rights',
      'refuses the user: let it subscribe to _INBOX.>: ',
    ],
  ] as const)
    it(`says what to do if it is: ${text}`, () => {
      const error = natsError('nats://log', new Error(text));
      equal(error.details['reason'], reason);
      equal(error.message.startsWith(`the log at nats://log ${said}`), true, error.message);
      equal(error.message.endsWith(text), true, error.message);
    });
});

suite('the log of updates in JetStream', function () {
  this.timeout(60_000);
  let server: Nats;
  before(async () => {
    server = await startNats();
  });
  after(() => server?.stop());

  itIsASharedLog(() => server.url);

  it('keeps the newest message of each subject', async () => {
    const { connect } = await import('@nats-io/transport-node' as string);
    const { jetstreamManager } = await import('@nats-io/jetstream' as string);
    const connection = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(connection);
    const log = openSharedLog(server.url, 'pharmacy', undefined, { leaseMs: 60_000 });
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const write = async (value: number) => {
      const model = log.of('bounded');
      for (let i = 0; i < 3; i++)
        await model.checkpoint(() => model.files.write('version-000000001.ckpt', [Uint8Array.of(value + i)]));
      return [...(await model.files.read('version-000000001.ckpt'))];
    };
    await write(1);
    const found = async () => {
      for await (const { config, state } of streams.list())
        if (/bounded/.test(config.description)) return state.messages;
      throw new Error('there is no stream');
    };
    // The fence, the number of the run, the list of files, and the file.
    equal(await found(), 4);
    await log.lease.give();
    equal(await log.lease.take({ coordinator: 'a', run: 'b' }), undefined);
    deepEqual(await write(4), [6]);
    equal(await found(), 4);
    await connection.close();
    await log.close();
  });

  it('takes a write although the stream cannot be marked as in use, and marks it with a later one', async () => {
    const { log, stream, lease } = await losingLog(server.url, 'marks');
    const mark = stream.markInUse.bind(stream);
    stream.markInUse = () => Promise.reject(logError('nats://test', 'slow', 'has not answered in time'));
    await log.checkpoint(() => log.files.write('owner', [Uint8Array.of(1)]));
    deepEqual([...(await log.files.read('owner'))], [1]);
    equal(await stream.isInUse(), false);
    stream.markInUse = mark;
    await log.checkpoint(() => log.files.write('owner', [Uint8Array.of(2)]));
    equal(await stream.isInUse(), true);
    await lease.give();
    await log.close();
  });

  it('releases an append whose answer was lost together with those after it', async () => {
    const { log, stream, lease, subjects } = await losingLog(server.url, 'a');
    await log.read();
    stream.losesAnswers = true;
    await rejects(log.append([update(1)]), { code: 'storage' });
    stream.losesAnswers = false;
    deepEqual(await log.append([update(2)]), []);
    await log.release(2);
    deepEqual(await subjects(), []);
    await lease.give();
    await log.close();
    const next = await losingLog(server.url, 'b');
    deepEqual((await next.log.read()).entries, []);
    await next.log.close();
  });

  it('leaves the files of the coordinator that has replaced it', async () => {
    const [first, second] = ['a', 'b'].map(() =>
      openSharedLog(server.url, 'icu 2', undefined, { leaseMs: 60_000 }),
    ) as [SharedLog, SharedLog];
    equal(await first.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const old = first.of('model');
    await old.files.list();
    await first.lease.give();
    equal(await second.lease.take({ coordinator: 'b', run: 'b' }), undefined);
    const model = second.of('model');
    await model.checkpoint(async () => {
      await model.files.write('version-000000001.ckpt', [Uint8Array.of(7)]);
      // The other one has been asleep since it read the list of files, and its writes come only now.
      await rejects(old.checkpoint(() => old.files.write('version-000000001.ckpt', [Uint8Array.of(1)])));
      await rejects(old.files.list());
    });
    deepEqual([...(await model.files.read('version-000000001.ckpt'))], [7]);
    await Promise.all([first.close(), second.close()]);
  });

  it('begins no empty model where the server has lost the list of files, and changes nothing', async () => {
    const { connect } = await import('@nats-io/transport-node' as string);
    const { jetstreamManager } = await import('@nats-io/jetstream' as string);
    const connection = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(connection);
    const run = async (name: string) => {
      const log = openSharedLog(server.url, 'lossy', undefined, { leaseMs: 60_000 });
      equal(await log.lease.take({ coordinator: 'a', run: name }), undefined);
      return { log, files: log.of('m').files };
    };
    const first = await run('a');
    // A stream that has had no files yet is empty, and nothing is lost.
    deepEqual(await first.files.list(), []);
    await first.files.write('owner', [Uint8Array.of(1)]);
    await first.log.lease.give();
    await first.log.close();
    let stream = '';
    for await (const { config } of streams.list())
      if (/federation lossy, model/.test(config.description)) stream = config.name;
    const held = async () =>
      Object.keys((await streams.info(stream, { subjects_filter: '>' })).state.subjects);
    const [manifest] = (await held()).filter((subject) => subject.endsWith('.manifest'));
    await streams.purge(stream, { filter: manifest });
    const pieces = (await held()).filter((subject) => subject.includes('.file.'));
    equal(pieces.length, 1);
    const second = await run('b');
    await rejects(second.files.list(), {
      code: 'storage',
      message: new RegExp(`has lost its list of files.*restore the stream ${stream} from a backup`),
    });
    await rejects(second.files.write('owner', [Uint8Array.of(2)]), { message: /has lost its list of files/ });
    deepEqual(
      (await held()).filter((subject) => subject.includes('.file.')),
      pieces,
    );
    await second.log.close();
    await connection.close();
  });

  it('says that it cannot be reached, and works again when it can, with what it had taken', async () => {
    const log = openSharedLog(server.url, 'icu', undefined, { leaseMs: 60_000, patienceMs: 1_000 });
    equal(await log.lease.take({ coordinator: 'a', run: 'a' }), undefined);
    const model = log.of('model');
    await model.checkpoint(() => model.files.write('version-000000001.ckpt', []));
    await server.kill();
    await rejects(
      model.checkpoint(() => model.files.write('version-000000002.ckpt', [])),
      {
        code: 'storage',
        message: /^the log at nats:\/\/127.0.0.1:\d+ (cannot be reached|has not answered in time): /,
      },
    );
    await server.start();
    for (let written = false; !written; )
      written = await model
        .checkpoint(() => model.files.write('version-000000003.ckpt', []))
        .then(
          () => true,
          () => false,
        );
    equal(await log.lease.renew(), true);
    equal((await model.files.list()).join(), 'version-000000001.ckpt,version-000000003.ckpt');
    await log.close();
  });
});
