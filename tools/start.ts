import { parseArgs } from 'node:util';
import { demonstrationFlows, recordingFolder } from './support/demonstration';
import { freePort } from './support/free-port';
import { startNodeRed } from './support/node-red-host';
import { versionLine } from './support/version-line';

/** `npm start` runs the first example in a real Node-RED, and prints one line per version. */
const usage = `Starts Node-RED with the example "01 - Wearables on one machine".

  npm start -- [--port N] [--data DIR] [--user-dir DIR] [--keep-flows]

  --port N        port of the editor (default 1880, or a free one if that is taken)
  --data DIR      real recordings instead of synthetic people (or FTTE_DATA)
  --user-dir DIR  folder of Node-RED's files (default: a temporary folder, removed when it stops)
  --keep-flows    run the flows of that folder, if it has any
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      data: { type: 'string', default: process.env['FTTE_DATA'] },
      'user-dir': { type: 'string' },
      'keep-flows': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  process.stdout.write('Starting Node-RED ...\n');
  const port = values.port === undefined ? await freePort(1880) : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port: expected 0 to 65535, got ${values.port}`);
  const brokerPort = await freePort(1883);
  // The replay nodes of the example read this variable; without it they play synthetic people.
  if (values.data) process.env['FTTE_DATA'] = recordingFolder(values.data);
  const host = await startNodeRed({
    port,
    userDir: values['user-dir'],
    keepFlows: values['keep-flows'],
    flows: demonstrationFlows(brokerPort),
    onSend: ({ nodeType, nodeId, port: output, msg }, flows) => {
      if (nodeType !== 'ftte-coordinate' || output !== 0) return;
      const line = versionLine(msg['payload'], nodeId, flows());
      if (line !== undefined) process.stdout.write(`${line}\n`);
    },
  });
  process.stdout.write(
    `\nThe editor is at ${host.url} (MQTT broker on 127.0.0.1:${brokerPort}). Ctrl+C stops it.\n\n`,
  );
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void host.stop().then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
