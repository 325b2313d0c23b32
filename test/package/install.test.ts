import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { isBuilt } from '../../tools/support/linked-package';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';

const run = promisify(execFile);
const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const types = Object.keys(manifest['node-red'].nodes);

/** Sends a form, however long the answer takes: `fetch` waits five minutes for it, and a busy machine installs for longer. */
async function upload(url: string, form: FormData): Promise<{ status?: number | undefined; text: string }> {
  const body = new Response(form);
  const request = httpRequest(url, {
    method: 'POST',
    headers: { 'content-type': body.headers.get('content-type') ?? '' },
  });
  request.end(Buffer.from(await body.arrayBuffer()));
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, text: await text(answer) };
}

/** The way of the palette manager: the packed tarball is uploaded, and npm of Node-RED installs it. */
describe('installing the packed tarball through the palette manager', function () {
  this.timeout(600_000);
  let folder: string;
  let nodeRed: NodeRedProcess | undefined;
  let installed: string;
  let tarball: string;
  const get = async (path: string, accept = 'application/json') => {
    const answer = await fetch(`${nodeRed!.url}${path}`, { headers: { accept } });
    assert.equal(answer.status, 200, `${path}: ${answer.status}`);
    return answer.text();
  };

  before(async function () {
    if (!isBuilt()) this.skip();
    // The dependencies come from the registry. If it cannot be reached, this suite is skipped.
    const reachable = await run('npm', [
      'view',
      'cbor-x',
      'version',
      '--fetch-retries=0',
      '--fetch-timeout=10000',
    ]).then(
      () => true,
      () => false,
    );
    if (!reachable) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'ftte-install-'));
    const userDir = join(folder, 'user');
    nodeRed = await startNodeRed({ userDir: mkdtempSync(`${userDir}-`), linked: false });
    installed = join(nodeRed.userDir, 'node_modules', '@ftte', 'node-red-ftte');
    const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: root,
    });
    tarball = join(folder, JSON.parse(packed.stdout)[0].filename);
    const form = new FormData();
    form.set('tarball', new Blob([readFileSync(tarball)], { type: 'application/gzip' }), 'ftte.tgz');
    const answer = await upload(`${nodeRed.url}/nodes`, form);
    assert.equal(answer.status, 200, answer.text);
  });

  after(async () => {
    await nodeRed?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('loads every node without an error', async () => {
    const sets = JSON.parse(await get('/nodes')) as {
      module: string;
      types: string[];
      enabled: boolean;
      err?: string;
    }[];
    const ours = sets.filter((set) => set.module === manifest.name);
    assert.deepEqual(ours.flatMap((set) => set.types).sort(), [...types].sort());
    for (const set of ours) assert.ok(set.enabled && !set.err, `${set.types}: ${set.err}`);
  });

  it('serves dialogs, help and words of every node', async () => {
    const html = await get('/nodes', 'text/html');
    for (const type of types) {
      assert.ok(html.includes(`data-template-name="${type}"`), `${type}: dialog`);
      assert.ok(html.includes(`data-help-name="${type}"`), `${type}: help`);
      const words = JSON.parse(await get(`/nodes/${manifest.name}/${type}/messages?lng=en-US`));
      assert.ok(words[type], `${type}: words`);
    }
  });

  it('serves an icon for every node of the palette', async () => {
    const icons = JSON.parse(await get('/icons'));
    for (const icon of icons[manifest.name] as string[])
      await get(`/icons/${manifest.name}/${icon}`, 'image/svg+xml');
    assert.ok(icons[manifest.name].length >= 5);
  });

  it('offers the examples in the import dialog', async () => {
    const listed = await get(`/library/examples/flows/${manifest.name}/`);
    for (const file of readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.json'))) {
      assert.ok(listed.includes(file.replace(/\.json$/, '')), `${file} is not offered`);
      await get(
        `/library/examples/flows/${manifest.name}/${encodeURIComponent(file.replace(/\.json$/, ''))}`,
      );
    }
  });

  describe('without Node-RED', () => {
    const examples = join(root, 'docs', 'examples', 'headless');
    const versions =
      /^version 1: balanced accuracy [\d.]+\n(version \d+: balanced accuracy ([\d.]+|undefined)\n){4}$/;

    it('runs the headless example, and the process ends by itself', async () => {
      const file = join(nodeRed!.userDir, 'federation.js');
      copyFileSync(join(examples, 'federation.js'), file);
      assert.match((await run(process.execPath, [file], { cwd: nodeRed!.userDir })).stdout, versions);
    });

    it('compiles the TypeScript example of a strict consumer, and runs it', async () => {
      const file = join(nodeRed!.userDir, 'federation.ts');
      copyFileSync(join(examples, 'federation.ts'), file);
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      const options = [
        '--strict',
        '--exactOptionalPropertyTypes',
        '--target',
        'es2022',
        '--module',
        'node16',
      ];
      const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
      const out = join(nodeRed!.userDir, 'compiled');
      await run(process.execPath, [compiler, ...options, ...types, '--outDir', out, file], {
        cwd: nodeRed!.userDir,
      });
      const { stdout } = await run(process.execPath, [join(out, 'federation.js')], { cwd: nodeRed!.userDir });
      assert.match(stdout, versions);
    });

    it('shows a federation that learns from the tarball alone, without an installation', async () => {
      const empty = mkdtempSync(join(folder, 'empty-'));
      const name = basename(tarball);
      copyFileSync(tarball, join(empty, name));
      const words = ['--yes', `./${name}`, 'demo', '--versions', '3', '--json'];
      const { stdout } = await run('npx', words, { cwd: empty });
      const result = JSON.parse(stdout) as { version: number; trainingBytes: number; updateBytes: number };
      assert.equal(result.version, 3);
      assert.ok(result.trainingBytes > 0 && result.trainingBytes <= 48 * 1024);
      assert.ok(result.updateBytes > 0);
      assert.deepEqual(readdirSync(empty), [name]);
    });

    it('has the same example in the README', () => {
      const readme = readFileSync(join(root, 'README.md'), 'utf8');
      const example = readFileSync(join(examples, 'federation.js'), 'utf8');
      assert.ok(readme.includes(`\`\`\`js\n${example}\`\`\``));
      assert.ok(example.trim().split('\n').length <= 15);
    });

    it('has at most 40 names at its front door, and exports the rest by further entries', async () => {
      const script = `
        const names = Object.keys(require('${manifest.name}'));
        const entries = Object.keys(require('${manifest.name}/package.json').exports);
        for (const entry of entries) require('${manifest.name}' + entry.slice(1));
        console.log(JSON.stringify({ names, entries }));`;
      const { stdout } = await run(process.execPath, ['-e', script], { cwd: nodeRed!.userDir });
      const { names, entries } = JSON.parse(stdout) as { names: string[]; entries: string[] };
      for (const name of ['joinFederation', 'createCoordinator', 'simulate', 'parseTask'])
        assert.ok(names.includes(name));
      assert.ok(!entries.some((entry) => entry.includes('platform')));
    });
  });

  it('brings no native code and no install script, even when npm installs another package later', async () => {
    const flags = ['--omit=dev', '--engine-strict', '--no-audit', '--no-fund', '--no-update-notifier'];
    assert.deepEqual(nativeParts(nodeRed!.userDir), []);
    await run('npm', ['install', ...flags, 'is-number'], { cwd: nodeRed!.userDir });
    assert.ok(existsSync(join(nodeRed!.userDir, 'node_modules', 'is-number')));
    assert.deepEqual(nativeParts(nodeRed!.userDir), []);
    const script = `require(${JSON.stringify(join(installed, 'dist', 'nodes', 'ftte-federation', 'ftte-federation.js'))})`;
    await run(process.execPath, ['-e', script]);
  });
});

/** Addons, their build files, and packages with an install script, below a folder. */
function nativeParts(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => {
    if (/\.node$|(^|[\\/])binding\.gyp$/.test(path)) return true;
    if (!/(^|[\\/])node_modules[\\/]((@[^\\/]+[\\/])?[^\\/]+)[\\/]package\.json$/.test(path)) return false;
    const { scripts = {} } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as {
      scripts?: Record<string, string>;
    };
    return ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
  });
}
