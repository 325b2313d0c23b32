import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metrics, metricsText } from '../../../gateway/monitoring';
import { readExposition } from '../../support/exposition';
import { root } from '../../support/source-files';
import { coordinatorStatus, readings } from './readings';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly instant?: boolean;
    readonly range?: boolean;
  }[];
  readonly options?: { readonly textMode?: string };
  readonly fieldConfig?: {
    readonly defaults: { readonly unit: string; readonly noValue?: string } & Readonly<
      Partial<Record<'color' | 'thresholds' | 'mappings', object>>
    >;
  };
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: unknown }[] };
}

const dashboard = JSON.parse(
  readFileSync(join(root, 'docs', 'examples', 'grafana-dashboard.json'), 'utf8'),
) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, type, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, type, expr, legendFormat })),
);

/** Puts values in the place of Grafana variables. */
const filled = (expr: string) =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$federation', '(f|other)');

/** Series for promtool in which every metric has a value at each scrape, counters rise, and the coordinator waits. */
function series() {
  const roles = readings().map((role) =>
    role.kind === 'coordinator'
      ? { ...role, status: coordinatorStatus({ waiting: { for: 'gateways', sinceMs: 0 } }) }
      : role,
  );
  const families = readExposition(metricsText(roles, { nowMs: 1000 }));
  const made = [...families.values()].flatMap(({ type, values }) =>
    [...values].map(([name, value]) => ({
      series: name,
      values: `${value}+${type === 'gauge' ? 0 : value}x12`,
    })),
  );
  return [...made, { series: 'ftte_coordinator_balanced_accuracy_ratio{federation="f",source="gateways"}', values: '0.5x12' }]; // biome-ignore format: one line
}

describe('the dashboard for Grafana', () => {
  /** Has Prometheus evaluate expressions after two minutes of scrapes; each is to give these samples. */
  function check(
    this: Mocha.Context,
    input: readonly object[],
    expected: readonly { expr: string; samples: readonly object[] }[],
  ): void {
    const folder = mkdtempSync(join(tmpdir(), 'ftte-promql-'));
    try {
      const file = join(folder, 'test.json');
      const tests = expected.map(({ expr, samples }) => ({ expr, eval_time: '2m', exp_samples: samples }));
      const group = { interval: '15s', input_series: input, promql_expr_test: tests };
      writeFileSync(file, JSON.stringify({ evaluation_interval: '15s', tests: [group] }));
      const { error, status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], {
        encoding: 'utf8',
      });
      // Debian's package of it has 19 MB.
      if (error) this.skip();
      assert.equal(status, 0, `${stdout}${stderr}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it('asks for metrics that there are', () => {
    const asked = [
      ...queries.map(({ expr }) => expr),
      ...dashboard.templating.list.map(({ query }) => JSON.stringify(query)),
    ].filter((expression) => expression.includes('ftte_'));
    assert.ok(asked.length > 10);
    const samples = Object.entries(metrics).flatMap(([name, { type }]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    for (const expression of asked)
      for (const [name] of expression.matchAll(/ftte_\w+/g)) assert.ok(samples.includes(name), expression);
  });

  it('has Prometheus find series for each of its queries, with the labels of its legends', function () {
    const expected = queries.flatMap(({ expr, legendFormat }) =>
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => ({
        // A series without the label matches the vector, which has none.
        expr: `count((${filled(expr)}) unless on (${name}) vector(1)) > bool 0`,
        samples: [{ labels: '{}', value: 1 }],
      })),
    );
    assert.ok(expected.length >= queries.length);
    check.call(this, series(), expected);
  });

  it('shows one accuracy of a federation that has two', function () {
    const { expr = '' } =
      queries.find(({ title, type }) => title === 'Balanced accuracy' && type === 'stat') ?? {};
    const name = 'ftte_coordinator_balanced_accuracy_ratio';
    const input = [
      { series: `${name}{federation="f",source="average"}`, values: '0.7x12' },
      { series: `${name}{federation="f",source="gateways"}`, values: '0.6x12' },
      { series: `${name}{federation="other",source="gateways"}`, values: '0.5x12' },
    ];
    const samples = [
      { labels: `${name}{federation="f",source="average"}`, value: 0.7 },
      { labels: `${name}{federation="other",source="gateways"}`, value: 0.5 },
    ];
    check.call(this, input, [{ expr: filled(expr), samples }]);
  });

  it('shows what the coordinator waits for now, also if it is one thing or nothing', function () {
    const { targets: [target] = [], options } = dashboard.panels.find(({ title }) => title === 'Waits for') ?? {}; // biome-ignore format: one line
    assert.ok(target);
    // Over a range, Grafana shows the last value of each series, so all for which it ever waited.
    assert.equal(target.instant, true);
    // By default, Grafana shows the value of a series that is alone, and no name.
    assert.equal(options?.textMode, 'name');
    const of = (federation: string, reason: string) =>
      `ftte_coordinator_waiting{federation="${federation}",reason="${reason}"}`;
    const input = [
      { series: of('f', 'broker'), values: '1x4 0x8' },
      { series: of('f', 'gateways'), values: '0x4 1x8' },
      { series: of('other', 'broker'), values: '1x4 0x8' },
      { series: of('other', 'gateways'), values: '0x12' },
    ];
    const samples = [
      { labels: of('f', 'gateways'), value: 1 },
      { labels: '{federation="other", reason="nothing"}', value: 0 },
    ];
    check.call(this, input, [{ expr: filled(target.expr), samples }]);
  });

  it('colours numbers by what they mean and shows versions and counts whole', () => {
    const stats = dashboard.panels.filter(({ type }) => type === 'stat');
    assert.equal(stats.length, 6);
    for (const { title, fieldConfig } of stats) {
      const { unit, color, thresholds, mappings } = fieldConfig?.defaults ?? assert.fail(title);
      // Without these, Grafana shows 80 and more in red, and all below in green.
      assert.ok(color ?? thresholds ?? mappings, title);
      // The unit `short` makes 1.23 K of 1234.
      if (!mappings) assert.notEqual(unit, 'short', title);
    }
  });

  it('shows what is so now, and says that there is no answer, rather than the last answer of a coordinator that is gone', () => {
    const stats = dashboard.panels.filter(
      ({ type, title }) => type === 'stat' && title !== 'Balanced accuracy',
    );
    assert.ok(stats.length > 4);
    for (const { title, targets = [], fieldConfig } of stats) {
      assert.ok(
        targets.length > 0 && targets.every(({ instant, range }) => instant && range === false),
        title,
      );
      assert.equal(fieldConfig?.defaults.noValue, 'no answer', title);
    }
  });

  it('shows a notice that came once', function () {
    const notices = queries.filter(({ title }) => title === 'Warnings and errors');
    assert.equal(notices.length, 2);
    for (const { expr } of notices) {
      const [name] = /ftte_\w+/.exec(expr) ?? [];
      const of = (code: string) => `${name}{federation="f",code="${code}",level="warning"}`;
      const input = [
        { series: of('new'), values: '_ _ _ _ _ _ 1 1 1' },
        { series: of('old'), values: '4x12' },
      ];
      check.call(this, input, [
        { expr: filled(expr), samples: [{ labels: '{code="new", federation="f"}', value: 1 }] },
      ]);
    }
  });
});
