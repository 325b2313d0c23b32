/* The curve of a measure over versions or rounds, and the same as a table. */
import { Curve } from '../curve.mjs';
import { element, setShown, setText } from '../elements.mjs';
import { axisOf, linesOf, measuresOf } from '../measures.mjs';
import { PagedTable } from '../paged-table.mjs';
import { clockTime, count, decimal, text } from '../words.mjs';
import { Section } from './section.mjs';

export class CurveSection extends Section {
  parts = ['curve', 'best', 'task', 'time'];
  #measure = element('select', {
    id: 'ftte-measure',
    'aria-label': text('measure.choose'),
    on: { change: () => this.#choose() },
  });
  #hint = element('p.ftte-hint');
  #since = element('p.ftte-hint');
  #curve = new Curve();
  #rows = element(
    'details.ftte-rows',
    { on: { toggle: () => this.#drawTable() } },
    element('summary', {}, text('asTable')),
  );
  #table;
  #tableKey = '';
  #chosen = '';
  #role;

  constructor(session) {
    super('curve', session);
    this.root.append(this.#measure, this.#hint, this.#curve.root, this.#since, this.#rows);
  }

  open() {
    this.#curve.open();
  }

  close() {
    this.#curve.close();
  }

  draw(role) {
    this.#role = role;
    const measures = measuresOf(role);
    const drawn = [...this.#measure.options].map(({ value }) => value).join();
    if (drawn !== measures.map(({ name }) => name).join())
      this.#measure.replaceChildren(
        ...measures.map(({ name }) => element('option', { value: name }, text(`measure.${name}`))),
      );
    const measure =
      measures.find(({ name }) => name === this.#chosen) ?? firstWithValues(measures, role.curve);
    this.#measure.value = measure.name;
    const axis = axisOf(role);
    const lines = linesOf(measure, role.curve);
    const isEmpty = lines.length === 0;
    setText(this.#hint, isEmpty ? this.#missing(measure, axis) : this.#remark(measure));
    setShown(this.#hint, this.#hint.textContent !== '');
    setShown(this.#curve.root, !isEmpty);
    setShown(this.#rows, axis.length > 0);
    setText(this.#since, this.#beginning(axis));
    setShown(this.#since, this.#since.textContent !== '');
    if (!isEmpty) {
      const axisLabel = text(role.kind === 'coordinator' ? 'axis.version' : 'axis.round');
      const best = role.kind === 'coordinator' ? (role.best?.version ?? undefined) : undefined;
      const { format, fixed } = measure;
      this.#curve.show({
        axis,
        lines,
        format,
        fixed,
        best,
        axisLabel,
        description: describe(measure, axis, lines, best),
      });
    }
    this.#drawTable();
  }

  #choose() {
    this.#chosen = this.#measure.value;
    this.draw(this.#role);
  }

  /** Why there is no curve, and what to wire. */
  #missing({ needs }, axis) {
    if (axis.length === 0)
      return text(this.#role.kind === 'coordinator' ? 'missing.noVersions' : 'missing.noRounds');
    return text(`missing.${needs}`);
  }

  #remark({ name }) {
    const { kind, windows } = this.#role;
    if (kind !== 'coordinator' || !['accuracy', 'recall', 'error'].includes(name) || !windows) return '';
    return text('measuredOn', { windows: count(windows) });
  }

  /** Versions before Node-RED started are not on the curve. */
  #beginning(axis) {
    const [first] = axis;
    if (this.#role.kind !== 'coordinator' || first === undefined || first <= 1) return '';
    return text('since', { version: first, time: clockTime(this.#role.curve.timeMs[0]) });
  }

  #drawTable() {
    const role = this.#role;
    if (!role || !this.#rows.open) return;
    const measure = measuresOf(role).find(({ name }) => name === this.#measure.value);
    if (!measure) return;
    const lines = linesOf(measure, role.curve);
    const key = [role.kind, measure.name, ...lines.map(({ label }) => label)].join('\n');
    if (key !== this.#tableKey) {
      this.#tableKey = key;
      this.#table?.root.remove();
      this.#table = new PagedTable(
        [
          {
            key: 'axis',
            label: text(role.kind === 'coordinator' ? 'axis.version' : 'axis.round'),
            cell: ({ x }) => String(x),
          },
          { key: 'time', label: text('column.time'), cell: ({ timeMs }) => clockTime(timeMs) },
          ...lines.map(({ label }, i) => ({
            key: String(i),
            label,
            cell: ({ values }) =>
              values[i] === null || values[i] === undefined ? '–' : measure.format(values[i]),
          })),
        ],
        text('tableOf', { measure: text(`measure.${measure.name}`) }),
        20,
      );
      this.#rows.append(this.#table.root);
    }
    const axis = axisOf(role);
    const rows = axis.map((x, i) => ({
      x,
      timeMs: role.curve.timeMs[i],
      values: lines.map(({ values }) => values[i]),
    }));
    this.#table.show(rows.reverse());
  }
}

const firstWithValues = (measures, curve) =>
  measures.find((measure) => linesOf(measure, curve).length > 0) ?? measures[0];

function describe({ name, format }, axis, lines, best) {
  const [main] = lines;
  const newest = main.values.findLast((value) => value !== null && value !== undefined);
  const words = {
    measure: text(`measure.${name}`),
    from: axis[0],
    to: axis.at(-1),
    line: main.label,
    value: (format ?? decimal)(newest),
  };
  return text('describe', words) + (best === undefined ? '' : ` ${text('best', { version: best })}.`);
}
