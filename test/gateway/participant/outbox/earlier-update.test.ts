import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outbox } from '../../../../gateway/participant/outbox/outbox';
import { outboxFile } from '../../../../gateway/participant/outbox/outbox-file';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { decodeMessage, dropReasonOf, encodeMessage, type Update } from '../../../../gateway/wire';
import { temporaryFolder } from '../tools';

/** An update as version 1 of the protocol wrote it. */
const earlier =
  'b16466747465016474797065667570646174656a66656465726174696f6e66636c696e69636673656e6465726467772d3168' +
  '73657175656e6365076269647030306330666665653030633066666565676c696e6561676570303132333435363738396162' +
  '636465666b6261736556657273696f6e0264706c616ea26a6d6963726f42617463680867656e747269657382810182024201' +
  '026564656c7461a368656e636f64696e6764696e7438657363616c65fb3f847ae1400000006676616c756573d84843328100' +
  '6773616d706c65731840657374657073046876617269616e6365fb3fe00000000000006a6c6f73734265666f7265fb3ffc00' +
  '0000000000696c6f73734166746572fb3ff80000000000006a6475726174696f6e4d730c697065616b42797465731a000100' +
  '00';

describe('an update of version 1 of the protocol in an outbox', () => {
  it('is sent in the form of this version, with the same id and values', async () => {
    const folder = await temporaryFolder();
    const own = join(folder.path, 'outbox');
    await mkdir(own, { recursive: true });
    await writeFile(
      join(own, '000000000000-00c0ffee00c0ffee.update'),
      await outboxFile(Buffer.from(earlier, 'hex')),
    );
    const problems: Error[] = [];
    const envelope = { federation: 'clinic', sender: 'gw-1' };
    const outbox = new Outbox({
      session: { federation: 'clinic', id: 'gw-1', encode: (body) => encodeMessage(envelope, body) },
      folder: own,
      clock: new VirtualClock(),
      random: new SeededRandom(1),
      onProblem: (error) => problems.push(error),
      onRecovered: () => undefined,
      onFound: () => undefined,
      onOverflow: () => undefined,
      onMerged: () => undefined,
    });
    await outbox.open();
    const bytes = await outbox.read('00c0ffee00c0ffee');
    await outbox.close();
    await folder.remove();
    assert.deepEqual(problems, []);
    const { delta, ...update } = decodeMessage(bytes!) as Update & { sender: string };
    assert.deepEqual(
      { ...update, delta: [...delta.values] },
      {
        ...envelope,
        type: 'update',
        id: '00c0ffee00c0ffee',
        lineage: '0123456789abcdef',
        baseVersion: 2,
        plan: { microBatch: 8, entries: [{ tensor: 1 }, { tensor: 2, channels: [0, 9] }] },
        delta: [0.5, -1.27, 0].map(Math.fround),
        samples: 64,
        steps: 4,
        variance: 0.5,
        lossBefore: 1.75,
        lossAfter: 1.5,
        durationMs: 12,
        peakBytes: 65_536,
      },
    );
  });

  it('is not read from the wire: its sender has an older package', () => {
    assert.throws(
      () => decodeMessage(Buffer.from(earlier, 'hex')),
      (error: Error) => dropReasonOf(error) === 'version' && /update it there/.test(error.message),
    );
  });
});
