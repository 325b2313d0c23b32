import { equal, match, ok } from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import { createCoordinator, joinFederation, type Log, type MemberSettings } from '../../../gateway';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { choosePlan } from '../../../gateway/participant';
import { silentLog, systemClock } from '../../../gateway/platform';
import { modelKey } from '../../../gateway/task';
import { decodeMessage, encodeMessage } from '../../../gateway/wire';
import { decodeFields, encodeFields } from '../../../gateway/wire/message-fields';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { tinyTask, until } from '../coordinator/fleet-harness';

const define = findProgram('mosquitto') ? describe : describe.skip;

type Fields = Record<string, unknown> & { task: Record<string, Record<string, unknown>> };

const task = tinyTask({ encoding: { update: 'int8', patch: 'int8' } });
const taskTopic = 'ftte/v1/clinic/all/task';

/** The task of a coordinator, as another version of the package writes it. */
function taskBytes(change: (fields: Fields) => unknown = () => undefined): Buffer {
  const lineage = '0123456789abcdef';
  const body = { type: 'task', task, modelKey: modelKey(task), lineage } as const;
  const bytes = encodeMessage({ federation: 'clinic', sender: 'coordinator' }, body);
  // A map in place of the compressed task, which every reader takes.
  const fields = { ...decodeFields(bytes), task: JSON.parse(JSON.stringify(task)) } as Fields;
  change(fields);
  return Buffer.from(encodeFields(fields));
}

const older = /is this gateway's package older than the coordinator's\? Update it\. /;
const cases: readonly [string, (fields: Fields) => unknown, RegExp][] = [
  [
    'a setting that it does not know',
    ({ task }) => Object.assign(task, { patience: 3 }),
    /patience: there is no field/,
  ],
  [
    'one inside another',
    ({ task }) => Object.assign(task['aggregation']!, { patience: 3 }),
    /aggregation\.patience: there/,
  ],
  [
    'another rule',
    ({ task }) => Object.assign(task['aggregation']!, { rule: { kind: 'fednew' } }),
    /rule\.kind.*"fednew"/,
  ],
  [
    'another kind of layer',
    ({ task }) => Object.assign(task['model']!, { layers: [{ type: 'attention' }] }),
    /model\.layers\.0\.type.*"attention"/,
  ],
  [
    'another encoding',
    ({ task }) => Object.assign(task['encoding']!, { update: 'int2' }),
    /encoding\.update.*"int2"/,
  ],
  ['a message of another type', (fields) => Object.assign(fields, { type: 'hint' }), /type "hint"/],
];
const protocols: readonly [number, RegExp][] = [
  [3, /protocol version 3, .* the package here is older than the sender's, update it here/],
  [1, /protocol version 1, .* the sender's package is older than the one here, update it there/],
];

define('packages of different versions in one federation (Mosquitto)', () => {
  let broker: Mosquitto;
  let client: MqttClient;
  const said: string[] = [];
  let ending: AbortController;
  const log: Log = {
    ...silentLog,
    warn: (text, code) => void (code === 'version-differs' && said.push(text)),
  };
  beforeEach(async () => {
    said.length = 0;
    ending = new AbortController();
    broker = await startMosquitto();
    client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  });
  afterEach(async () => {
    ending.abort();
    await client.endAsync();
    await broker.stop();
  });

  const common = () => ({
    federation: 'clinic',
    broker: `mqtt://127.0.0.1:${broker.port}`,
    createTrainer: () => new InlineTrainer(createEngine(), systemClock),
    log,
  });

  /** Checks the words of a gateway about a task that it cannot read, until one comes that it can. */
  async function meets(strange: Buffer, sentence: RegExp): Promise<void> {
    const refusals: (string | undefined)[] = [];
    client.on('message', (_topic, payload) => {
      const hello = decodeMessage(payload);
      if (hello.type === 'hello' && !hello.leaves) refusals.push(hello.refuses);
    });
    await client.subscribeAsync('ftte/v1/clinic/gw/+/hello', { qos: 1 });
    await client.publishAsync(taskTopic, strange, { qos: 1, retain: true });
    const settings: MemberSettings = { ...common(), id: 'gw-1', choosePlan, signal: ending.signal };
    const joining = joinFederation(settings);
    await until(() => refusals.some((text) => text !== undefined));
    await client.publishAsync(taskTopic, strange, { qos: 1, retain: true });
    await client.publishAsync(taskTopic, taskBytes(), { qos: 1, retain: true });
    const member = await joining;
    await until(() => refusals.at(-1) === undefined);
    equal(member.status.refusal, undefined);
    await member.close();
    equal(said.length, 1, `said once: ${said.join('\n')}`);
    for (const text of [said[0], refusals.find((each) => each !== undefined)]) {
      match(text ?? '', /^the task is not understood: /);
      match(text ?? '', sentence);
    }
  }

  for (const [what, change, sentence] of cases)
    it(`the task has ${what}: the gateway says so once, the coordinator learns it, and the next task is taken`, () =>
      meets(taskBytes(change), new RegExp(older.source + '.*' + sentence.source, 's')));

  for (const [version, sentence] of protocols)
    it(`the coordinator speaks version ${version}: the gateway says which package is older`, () =>
      meets(
        taskBytes((fields) => {
          fields['ftte'] = version;
        }),
        sentence,
      ));

  const values = Float32Array.of(1, 2);
  const model = { lineage: '0123456789abcdef', version: 1 };
  const delta = { encoding: 'int8', values } as const;
  const changes = [
    ['all/patch', { type: 'patch', ...model, segments: [{ offset: 0, length: 2 }], delta }, /"int2"/],
    [
      'to/gw-1/snapshot',
      { type: 'snapshot', ...model, modelKey: '', parameters: values, average: values },
      /got an object/,
    ],
  ] as const;
  for (const [topic, body, sentence] of changes)
    it(`a ${body.type} has an encoding that the gateway does not know: it says so once, with the topic`, async () => {
      await client.publishAsync(taskTopic, taskBytes(), { qos: 1, retain: true });
      const member = await joinFederation({ ...common(), id: 'gw-1', choosePlan });
      const sender = { federation: 'clinic', sender: 'coordinator', sequence: 1 };
      const fields = decodeFields(encodeMessage(sender, body)) as Record<string, object>;
      const tensor = body.type === 'patch' ? 'delta' : 'parameters';
      const strange = { ...fields, [tensor]: { ...fields[tensor], encoding: 'int2' } };
      for (let i = 0; i < 3; i++)
        await client.publishAsync(`ftte/v1/clinic/${topic}`, Buffer.from(encodeFields(strange)), { qos: 1 });
      await until(() => said.length > 0);
      await member.close();
      equal(said.length, 1, said.join('\n'));
      ok(said[0]?.startsWith(`what came on ftte/v1/clinic/${topic} is left out: ${body.type}.`), said[0]);
      match(said[0] ?? '', sentence);
    });

  for (const [version, sentence] of protocols)
    it(`a gateway speaks version ${version}: the coordinator says so once, with the topic of that gateway`, async () => {
      const coordinator = await createCoordinator({ ...common(), task, membership: 'open' });
      const hello = { type: 'hello', budgetBytes: 1, instance: 'a', software: '', modelKey: '' } as const;
      const fields = decodeFields(encodeMessage({ federation: 'clinic', sender: 'gw-2' }, hello));
      const bytes = Buffer.from(encodeFields({ ...fields, ftte: version }));
      for (let i = 0; i < 2; i++)
        await client.publishAsync('ftte/v1/clinic/gw/gw-2/hello', bytes, { qos: 1, retain: true });
      await until(() => said.length > 0);
      await coordinator.close();
      equal(said.length, 1);
      ok(said[0]?.includes('ftte/v1/clinic/gw/gw-2/hello'), said[0]);
      match(said[0] ?? '', sentence);
    });
});
