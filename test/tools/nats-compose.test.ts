import { equal } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findProgram } from '../../tools/support/mosquitto';
import { root } from '../support/source-files';

const folder = join(root, 'docs/examples/nats');
const suite = findProgram('nats-server') ? describe : describe.skip;
const passwords = { FTTE_NATS_PASSWORD: 'swallow', FTTE_NATS_SYSTEM_PASSWORD: 'heron' };

interface Settings {
  readonly '<<'?: Settings;
  readonly [name: string]: string | Settings | undefined;
}

/** Settings with those that they take over, as Docker Compose reads them. */
function merged({ '<<': taken, ...own }: Settings): Record<string, string> {
  return { ...(taken && merged(taken)), ...(own as Record<string, string>) };
}

suite('the NATS servers of docs/examples/nats/compose.yaml', () => {
  // The parser of mocha.
  const { load } = createRequire(require.resolve('mocha'))('js-yaml') as { load(text: string): unknown };
  const text = Object.entries(passwords).reduce(
    (all, [name, value]) => all.replace(new RegExp(`\\$\\{${name}[^}]*\\}`, 'g'), value),
    readFileSync(join(folder, 'compose.yaml'), 'utf8'),
  );
  const { services } = load(text) as {
    services: Record<string, { environment: Settings; volumes: string[]; ports: string[] }>;
  };

  it('publish MQTT to others, NATS itself to their own machine, and nothing else', () => {
    const published = Object.values(services).flatMap(({ ports }) => ports);
    const toOthers = published.filter((port) => !port.startsWith('127.0.0.1:'));
    equal(toOthers.join(), '1883:1883,1884:1883,1885:1883,1886:1883');
    equal(published.filter((port) => /:(6222|7422)$/.test(port)).length, 0);
  });

  for (const [name, { environment: written, volumes }] of Object.entries(services))
    it(`have a service ${name} with each setting of its configuration, which the server accepts`, () => {
      const environment = merged(written);
      const file = /^\.\/(\w+\.conf):\/etc\/nats\/server\.conf:ro$/.exec(volumes[0] ?? '')?.[1] ?? '';
      const config = readFileSync(join(folder, file), 'utf8');
      const used = new Set([...config.matchAll(/\$(FTTE_NATS_\w+)/g)].map(([, variable]) => variable!));
      for (const variable of used) equal(typeof environment[variable], 'string', variable);
      const { status, stderr } = spawnSync(findProgram('nats-server')!, ['-t', '-c', join(folder, file)], {
        env: { ...process.env, ...environment },
        encoding: 'utf8',
      });
      equal(status, 0, stderr);
    });
});
