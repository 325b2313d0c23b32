import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands, main } from '../../../gateway/cli';
import { ProgressTeller } from '../../../gateway/cli/commands/progress';
import { type ScenarioInput, scenarioSchema } from '../../../gateway/simulation';

/** Runs a command line and keeps what it wrote; `until` sees standard error and may stop it. */
async function ftte(
  args: readonly string[],
  onOut: (text: string, stop: () => void) => void = () => undefined,
) {
  const stop = new AbortController();
  let [out, err] = ['', ''];
  const code = await main(args, commands, {
    out: {
      write: (text) => {
        out += text;
        onOut(text, () => stop.abort());
      },
    },
    err: {
      write: (text) => {
        err += text;
      },
    },
    signal: stop.signal,
  });
  return { code, out, err };
}

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

  it('tells every option of a command', async () => {
    for (const command of commands) {
      const { code, out } = await ftte([command.name, '--help']);
      assert.equal(code, 0);
      for (const option of Object.keys(command.options)) assert.ok(out.includes(`--${option}`), option);
      assert.deepEqual(Object.keys(command.optionHelp).sort(), Object.keys(command.options).sort());
    }
  });

  it('shows the place of a value where an option takes one, and text with a colon as it is', async () => {
    const { out } = await ftte(['simulate', '--help']);
    assert.match(out, /^ {2}-o, --out DIR +Keep versions/m);
    assert.match(out, /^ {6}--json +Print JSON lines: one a version, then the summary\.$/m);
    for (const { options, optionHelp } of commands)
      for (const [name, { type }] of Object.entries(options))
        if (type === 'string') assert.match(optionHelp[name] ?? '', /^[A-Z][\w.]*: /, name);
  });

  const wrong: [string, string[], RegExp][] = [
    ['an unknown command', ['fly'], /there is no command "fly"/],
    ['an unknown option', ['simulate', 'x.json', '--fast'], /--fast/],
    ['no scenario', ['simulate'], /got 0 files, wanted one scenario/],
    ['two scenarios', ['simulate', 'a.json', 'b.json'], /got 2 files/],
    ['threads that are no number', ['simulate', 'x.json', '--threads', 'two'], /--threads: got "two"/],
    ['resuming nothing', ['simulate', 'x.json', '--resume'], /--resume wants --out/],
    ['two minds', ['simulate', 'x.json', '-o', 'x', '--resume', '--overwrite'], /one of them/],
    ['a scenario that is not there', ['simulate', 'none.json'], /cannot read none\.json/],
  ];
  for (const [what, args, text] of wrong) {
    it(`says what is wrong with ${what}, on standard error, with exit code 2`, async () => {
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

  it('prints a line of JSON a version and a last one for all', async () => {
    const { out } = await ftte(['simulate', file, '-t', '0', '--json']);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 16);
    assert.equal(lines[15].type, 'summary');
    assert.equal(lines[15].overall.runs, 3);
  });

  it('names the field of a wrong scenario, with exit code 2', async () => {
    await write({ clients: -1 });
    const { code, err } = await ftte(['simulate', file]);
    assert.equal(code, 2);
    assert.match(err, /clients: .*got -1/);
  });

  it('keeps versions, summaries and plots in its folder', async () => {
    const out = join(folder, 'out');
    const { code } = await ftte(['simulate', file, '-t', '0', '--out', out]);
    assert.equal(code, 0);
    const names = await readdir(out);
    for (const seed of [1, 2, 3]) {
      assert.ok(names.includes(`seed-${seed}.summary.json`));
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
    assert.match(again.err, /--resume goes on/);
  });

  it('keeps what is finished when it is stopped, and comes to the same end when it goes on', async () => {
    const args = ['simulate', file, '-t', '0', '--no-plots', '--json', '--out'];
    const whole = await ftte([...args, join(folder, 'whole')]);
    assert.equal(whole.code, 0);
    const stopped = await ftte([...args, join(folder, 'parts')], (text, stop) => {
      if (/"seed":2,"version":3/.test(text)) stop();
    });
    assert.equal(stopped.code, 130);
    assert.match(stopped.err, /--resume goes on/);
    const rest = await ftte([...args, join(folder, 'parts'), '--resume']);
    assert.equal(rest.code, 0);
    assert.match(rest.err, /1 of 3 runs are there already/);
    assert.ok(!/"type":"version","seed":1/.test(rest.out));
    for (const name of await readdir(join(folder, 'whole'))) {
      assert.equal(await read('parts', name), await read('whole', name), name);
    }
  });

  it('does not go on with the results of another scenario', async () => {
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
  function teller(isTTY: boolean) {
    const written: string[] = [];
    const time = { now: 0 };
    const out = { write: (text: string) => void written.push(text), isTTY, columns: 60 };
    return { written, time, progress: new ProgressTeller(out, () => time.now) };
  }

  it('is a bar with an estimate on a terminal, never wider than it', () => {
    const { written, time, progress } = teller(true);
    progress.tell({ fraction: 0, text: 'begins' });
    time.now = 10_000;
    progress.tell({ fraction: 0.25, text: 'goes on' });
    assert.match(written[1] ?? '', /█{6}░{18} +25 % +goes on, about 30 s/);
    assert.ok((written[1] ?? '').replace('\r\x1b[2K', '').length < 60);
    progress.line('a line');
    assert.deepEqual(written.slice(2), ['\r\x1b[2K', 'a line\n']);
  });

  it('is a line now and then elsewhere', () => {
    const { written, time, progress } = teller(false);
    for (time.now = 0; time.now < 25_000; time.now += 100) progress.tell({ fraction: 0.5, text: 'on' });
    assert.equal(written.length, 3);
    assert.ok(written.every((line) => line.endsWith('\n') && !line.includes('\x1b')));
  });
});
