import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../../gateway/cli';
import { ProgressReporter } from '../../../gateway/cli/commands/progress';
import { type ScenarioInput, scenarioSchema } from '../../../gateway/simulation';
import { ftte } from './ftte';

const scenario: ScenarioInput = {
  name: 'tiny',
  data: { synthetic: { people: 4, testPeople: 1, windowsPerPerson: 12 } },
  clients: 6,
  task: {
    model: { layers: [{ type: 'globalaveragepool1d' }, { type: 'dense', units: 6 }] },
    aggregation: { bufferSize: 2 },
  },
  schedule: { kind: 'continuous', concurrency: 3 },
  stop: { versions: 5 },
  seeds: [1, 2, 3],
};

describe('the command line', () => {
  it('lists its commands, and fails without one', async () => {
    const { code, out } = await ftte(['--help']);
    assert.equal(code, 0);
    for (const { name, summary } of commands) assert.ok(out.includes(name) && out.includes(summary));
    assert.equal((await ftte([])).code, 2);
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(__dirname, '../../../package.json'), 'utf8'));
    for (const option of ['--version', '-v']) {
      const { code, out } = await ftte([option]);
      assert.equal(code, 0);
      assert.equal(out, `${version}\n`);
    }
    assert.match((await ftte(['--help'])).out, /ftte --version/);
  });

  it('lists every option in the help of a command', async () => {
    for (const command of commands) {
      const { code, out } = await ftte([command.name, '--help']);
      assert.equal(code, 0);
      for (const option of Object.keys(command.options)) assert.ok(out.includes(`--${option}`), option);
      assert.deepEqual(Object.keys(command.optionHelp).sort(), Object.keys(command.options).sort());
    }
  });

  it('shows a placeholder for the value of an option, and keeps colons in other texts', async () => {
    const { out } = await ftte(['simulate', '--help']);
    assert.match(out, /^ {2}-o, --out DIR +Write versions/m);
    assert.match(out, /^ {6}--json +Print JSON lines: one per version, then the summary\.$/m);
    for (const { options, optionHelp } of commands)
      for (const [name, { type }] of Object.entries(options))
        if (type === 'string') assert.match(optionHelp[name] ?? '', /^[A-Z][\w.]*: /, name);
  });

  const wrong: [string, string[], RegExp][] = [
    ['an unknown command', ['fly'], /there is no command "fly"/],
    ['an unknown option', ['simulate', 'x.json', '--fast'], /--fast/],
    ['no scenario', ['simulate'], /expected one scenario, got 0 arguments/],
    ['two scenarios', ['simulate', 'a.json', 'b.json'], /got 2 arguments/],
    [
      'a number of threads that is no number',
      ['simulate', 'x.json', '--threads', 'two'],
      /--threads: expected a whole number .*, got "two"/,
    ],
    ['resuming without a folder', ['simulate', 'x.json', '--resume'], /--resume needs --out/],
    [
      'resuming and overwriting',
      ['simulate', 'x.json', '-o', 'x', '--resume', '--overwrite'],
      /expected --resume or --overwrite, got both/,
    ],
    ['a scenario file that does not exist', ['simulate', 'none.json'], /cannot read none\.json/],
  ];
  for (const [what, args, text] of wrong) {
    it(`reports ${what} on standard error, with exit code 2`, async () => {
      const { code, out, err } = await ftte(args);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, text);
      assert.ok(err.startsWith('ftte: '));
    });
  }
});

describe('ftte simulate', () => {
  let folder: string;
  let file: string;
  const write = (changes: object = {}) => writeFile(file, JSON.stringify({ ...scenario, ...changes }));
  const read = (...path: string[]) => readFile(join(folder, ...path), 'utf8');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    file = join(folder, 'scenario.json');
    await write();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('prints a table of its runs and targets', async () => {
    const { code, out } = await ftte(['simulate', file, '-t', '0']);
    assert.equal(code, 0);
    assert.equal(out.split('\n').filter((line) => /^\| [123] /.test(line)).length, 3);
    assert.match(out, /to reach/);
  });

  it('prints one line of JSON per version, and a last one for all runs', async () => {
    const { out } = await ftte(['simulate', file, '-t', '0', '--json']);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 16);
    assert.equal(lines[15].type, 'summary');
    assert.equal(lines[15].overall.runs, 3);
  });

  it('names the wrong field of a scenario, with exit code 2', async () => {
    await write({ clients: -1 });
    const { code, err } = await ftte(['simulate', file]);
    assert.equal(code, 2);
    assert.match(err, /clients: .*got -1/);
  });

  it('names a memory budget in which nothing can be trained, and what is needed, as ftte plan does', async () => {
    for (const [place, budgets] of [
      [0, [{ share: 1, bytes: 1000 }]],
      [
        1,
        [
          { share: 0.5, bytes: 'dense' },
          { share: 0.5, bytes: 1000 },
        ],
      ],
    ] as const) {
      await write({ budgets });
      const { code, err } = await ftte(['simulate', file, '-t', '0']);
      assert.equal(
        err,
        `ftte: budgets.${place}.bytes: a budget of 1000 bytes is 3 KB too small: the smallest plan (the whole model) needs 4 KB, training the whole model takes at least 4 KB\n`,
      );
      assert.equal(code, 2);
    }
  });

  it('writes versions, summaries and plots into its folder', async () => {
    const out = join(folder, 'out');
    const { code } = await ftte(['simulate', file, '-t', '0', '--out', out]);
    assert.equal(code, 0);
    const names = await readdir(out);
    for (const seed of [1, 2, 3]) {
      assert.ok(names.includes(`seed-${seed}.summary.json`));
      assert.deepEqual((await readdir(join(out, `seed-${seed}.model`))).sort(), [
        'model.json',
        'weights.bin',
      ]);
      assert.equal((await read('out', `seed-${seed}.versions.jsonl`)).trim().split('\n').length, 5);
    }
    for (const plot of ['accuracy-over-time', 'accuracy-over-bytes', 'ages']) {
      assert.match(await read('out', `${plot}.svg`), /^<svg /);
      const png = await readFile(join(out, `${plot}.png`));
      assert.equal(png.toString('latin1', 1, 4), 'PNG');
    }
    scenarioSchema.parse(JSON.parse(await read('out', 'scenario.json')));
    const again = await ftte(['simulate', file, '-t', '0', '--out', out]);
    assert.equal(again.code, 2);
    assert.match(again.err, /--resume continues/);
  });

  it('keeps finished runs when it is stopped, and gives the same results when it continues', async () => {
    const args = ['simulate', file, '-t', '0', '--no-plots', '--json', '--out'];
    const whole = await ftte([...args, join(folder, 'whole')]);
    assert.equal(whole.code, 0);
    const stopped = await ftte([...args, join(folder, 'parts')], (text, stop) => {
      if (/"seed":2,"version":3/.test(text)) stop();
    });
    assert.equal(stopped.code, 130);
    assert.match(stopped.err, /--resume continues/);
    const rest = await ftte([...args, join(folder, 'parts'), '--resume']);
    assert.equal(rest.code, 0);
    assert.match(rest.err, /1 of 3 runs are finished already/);
    assert.ok(!/"type":"version","seed":1/.test(rest.out));
    for (const name of await readdir(join(folder, 'whole'), { recursive: true })) {
      if (name.endsWith('.model')) continue; // a folder
      assert.equal(await read('parts', name), await read('whole', name), name);
    }
  });

  it('does not continue with the results of another scenario', async () => {
    const out = join(folder, 'out');
    const args = ['simulate', file, '-t', '0', '--no-plots', '--out', out];
    await ftte(args);
    await write({ clients: 7 });
    const { code, err } = await ftte([...args, '--resume']);
    assert.equal(code, 2);
    assert.match(err, /another scenario/);
    assert.equal((await ftte([...args, '--overwrite'])).code, 0);
  });
});

describe('progress', () => {
  function reporter(isTTY: boolean) {
    const written: string[] = [];
    const time = { now: 0 };
    const out = { write: (text: string) => void written.push(text), isTTY, columns: 60 };
    return { written, time, progress: new ProgressReporter(out, () => time.now) };
  }

  it('is a bar with an estimate on a terminal, and never wider than the terminal', () => {
    const { written, time, progress } = reporter(true);
    progress.report({ fraction: 0, text: 'begins' });
    time.now = 10_000;
    progress.report({ fraction: 0.25, text: 'continues' });
    assert.match(written[1] ?? '', /█{6}░{18} +25 % +continues, about 30 s/);
    assert.ok((written[1] ?? '').replace('\r\x1b[2K', '').length < 60);
    progress.line('a line');
    assert.deepEqual(written.slice(2), ['\r\x1b[2K', 'a line\n']);
  });

  it('is a line every ten seconds elsewhere', () => {
    const { written, time, progress } = reporter(false);
    for (time.now = 0; time.now < 25_000; time.now += 100) progress.report({ fraction: 0.5, text: 'on' });
    assert.equal(written.length, 3);
    assert.ok(written.every((line) => line.endsWith('\n') && !line.includes('\x1b')));
  });
});
