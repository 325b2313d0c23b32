import { Histogram } from './histogram';
import { type Labels, type Metric, type MetricName, metrics } from './metric';

/** The content type of the text: version 0.0.4 of the text format of Prometheus. */
export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

interface Value {
  value: number;
  /** Number of values that it was made of. */
  of: number;
}

/** Metrics of several roles, and their text for Prometheus. */
export class MetricSet {
  private readonly values = new Map<MetricName, Map<string, Value>>();
  private readonly histograms = new Map<MetricName, Map<string, Histogram>>();

  /** Adds the value of a gauge or a counter; undefined or not finite: there is none. */
  add(name: MetricName, labels: Labels, value: number | undefined): void {
    if (value === undefined || !Number.isFinite(value)) return;
    const series = seriesOf(this.values, name);
    const key = labelText(labels);
    const known = series.get(key);
    const { combine }: Metric = metrics[name];
    series.set(key, known ? { value: combined(combine, known, value), of: known.of + 1 } : { value, of: 1 });
  }

  /** Adds one value per state: 1 for the present one, 0 for all others. */
  addState(name: MetricName, labels: Labels, label: string, states: readonly string[], present?: string) {
    for (const state of states) this.add(name, { ...labels, [label]: state }, Number(state === present));
  }

  /** Adds the values of a histogram. */
  addHistogram(name: MetricName, labels: Labels, histogram: Histogram): void {
    const series = seriesOf(this.histograms, name);
    const key = labelText(labels);
    const known = series.get(key) ?? new Histogram(histogram.bounds);
    known.merge(histogram);
    series.set(key, known);
  }

  /** The text format: lines of help and type, then the values, in the order of the table of metrics. */
  text(): string {
    const lines: string[] = [];
    for (const [name, { type, help }] of Object.entries(metrics) as [MetricName, Metric][]) {
      const values = this.values.get(name);
      const histograms = this.histograms.get(name);
      if (!values && !histograms) continue;
      lines.push(`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`);
      for (const [labels, { value }] of values ?? []) lines.push(`${name}${braced(labels)} ${value}`);
      for (const [labels, histogram] of histograms ?? [])
        lines.push(...histogramLines(name, labels, histogram));
    }
    return `${lines.join('\n')}\n`;
  }
}

function seriesOf<Series>(all: Map<MetricName, Map<string, Series>>, name: MetricName): Map<string, Series> {
  const known = all.get(name) ?? new Map<string, Series>();
  all.set(name, known);
  return known;
}

function combined(combine: Metric['combine'], { value: before, of }: Value, value: number): number {
  switch (combine) {
    case 'max':
      return Math.max(before, value);
    case 'min':
      return Math.min(before, value);
    case 'mean':
      return (before * of + value) / (of + 1);
    default:
      return before + value;
  }
}

function histogramLines(name: string, labels: string, { bounds, counts, sum, count }: Histogram): string[] {
  let below = 0;
  const buckets = [...bounds.map(String), '+Inf'].map((bound, i) => {
    below += counts[i] ?? 0;
    return `${name}_bucket${braced([labels, `le="${bound}"`].filter(Boolean).join(','))} ${below}`;
  });
  return [...buckets, `${name}_sum${braced(labels)} ${sum}`, `${name}_count${braced(labels)} ${count}`];
}

/** Texts of labels: one object of labels is often that of several values. */
const texts = new WeakMap<Labels, string>();

function labelText(labels: Labels): string {
  const known = texts.get(labels);
  if (known !== undefined) return known;
  let text = '';
  for (const name in labels) text += `${text && ','}${name}="${quotable(labels[name] ?? '')}"`;
  texts.set(labels, text);
  return text;
}

const quotable = (value: string) => (/[\\"\n]/.test(value) ? escaped(value).replace(/"/g, '\\"') : value);

const braced = (labels: string) => (labels === '' ? '' : `{${labels}}`);

const escaped = (text: string) => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
