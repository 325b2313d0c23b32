import assert from 'node:assert/strict';

/** A family of the text format of Prometheus. */
export interface Family {
  readonly type: string;
  readonly help: string;
  /** Values by the text of the sample: `name{label="value"}`. */
  readonly values: Map<string, number>;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const sample = new RegExp(
  `^(${name})(\\{${label}(?:,${label})*\\})? (NaN|[+-]Inf|-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)$`,
);
const help = new RegExp(`^# HELP (${name}) (.+)$`);
const type = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram)$`);
const suffixes = ['_bucket', '_sum', '_count'];

/**
 * Reads the text format (version 0.0.4) strictly: HELP, TYPE and all samples of a family are together, each family and each
 * sample is there once, histograms are whole and rise.
 */
export function readExposition(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map<string, Family>();
  const lines = text.slice(0, -1).split('\n');
  let current = '';
  for (let i = 0; i < lines.length; i++) {
    const helpLine = help.exec(lines[i] ?? '');
    if (helpLine) {
      const typeLine = type.exec(lines[++i] ?? '');
      current = helpLine[1] ?? '';
      assert.equal(typeLine?.[1], current, `a type after the help: ${lines[i]}`);
      assert.ok(!families.has(current), `${current} is there twice`);
      families.set(current, { help: helpLine[2] ?? '', type: typeLine?.[2] ?? '', values: new Map() });
      continue;
    }
    const [, found = '', labels = '', value] =
      sample.exec(lines[i] ?? '') ?? assert.fail(`line: ${lines[i]}`);
    const family = families.get(current) ?? assert.fail(`no type: ${lines[i]}`);
    const expected = family.type === 'histogram' ? suffixes.map((suffix) => current + suffix) : [current];
    assert.ok(expected.includes(found), `${found} below the type of ${current}`);
    assert.ok(!family.values.has(found + labels), `${found}${labels} is there twice`);
    if (family.type === 'counter') assert.ok(Number(value) >= 0, lines[i]);
    family.values.set(found + labels, Number(value));
  }
  for (const [found, family] of families) {
    assert.ok(family.values.size > 0, `${found} has no value`);
    assert.equal(family.type === 'counter', found.endsWith('_total'), found);
    if (family.type === 'histogram') checkHistogram(found, family.values);
  }
  return families;
}

function checkHistogram(found: string, values: Family['values']): void {
  const counts = new Map<string, number[]>();
  for (const [key, value] of values) {
    if (!key.startsWith(`${found}_bucket`)) continue;
    const others = key
      .slice(`${found}_bucket`.length)
      .replace(/,?le="[^"]*"/, '')
      .replace('{}', '');
    counts.set(others, [...(counts.get(others) ?? []), value]);
  }
  for (const [labels, series] of counts) {
    assert.deepEqual(
      series,
      [...series].sort((a, b) => a - b),
      `${found}${labels} rises`,
    );
    assert.equal(series.at(-1), values.get(`${found}_count${labels}`), `${found}${labels} counts all`);
    assert.ok(values.has(`${found}_sum${labels}`), `${found}_sum${labels}`);
  }
}
