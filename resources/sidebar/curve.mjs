/* A curve that can be zoomed, drawn by uPlot in the colours of the editor. */
import uPlot from '../vendor/uplot.mjs';
import { Drawn } from './drawn.mjs';
import { button, element, setAttribute, setText } from './elements.mjs';
import { colourOf, dashOf, widthOf } from './line-styles.mjs';
import { share, text } from './words.mjs';

const height = 190;
/** Part of the range that a key moves or zooms by. */
const step = 0.25;

export class Curve {
  #plot;
  /** Colours of the editor by their name. */
  #colours = new Map();
  #data = [[]];
  #drawn = new Drawn();
  #key = '';
  #options;
  #range;
  #sizes;
  #theme;

  constructor() {
    this.canvas = element('div.ftte-curve', {
      role: 'img',
      tabindex: '0',
      on: { keydown: (event) => this.#onKey(event) },
    });
    this.buttons = element(
      'div.ftte-zoom',
      { role: 'group', 'aria-label': text('zoom.group') },
      ...[
        ['search-plus', 'in', () => this.#zoom(1 - 2 * step)],
        ['search-minus', 'out', () => this.#zoom(1 / (1 - 2 * step))],
        ['arrows-h', 'all', () => this.#setRange(undefined)],
      ].map(([name, key, action]) => button(name, text(`zoom.${key}`), action, { id: `ftte-zoom-${key}` })),
    );
    this.shown = element('span.ftte-unseen', { role: 'status', id: 'ftte-zoom-shown' });
    this.root = element('div', {}, this.canvas, this.buttons, this.shown);
  }

  /** Follows the size and the colours of the page, until `close`. */
  open() {
    this.#sizes = new ResizeObserver(() => this.#fit());
    this.#sizes.observe(this.canvas);
    this.#colours.clear();
    this.#theme = new MutationObserver(() => {
      this.#colours.clear();
      this.#plot?.redraw();
    });
    this.#theme.observe(document.documentElement, { attributeFilter: ['class'] });
  }

  close() {
    this.#sizes?.disconnect();
    this.#theme?.disconnect();
  }

  /**
   * Shows lines over the numbers of an axis.
   * @param best number to mark, or undefined
   * @param description of the whole, for screen readers
   */
  show({ axis, lines, format, fixed, best, axisLabel, description }) {
    this.#data = [axis, ...lines.map(({ values }) => values)];
    this.#options = { best, fixed };
    setAttribute(this.canvas, 'aria-label', `${description} ${text('zoom.keys')}`);
    const key = JSON.stringify([
      lines.map(({ label, isMain }) => [label, isMain]),
      axisLabel,
      fixed,
      format.name,
    ]);
    const isNew = key !== this.#key;
    if (isNew) this.#create(lines, format, axisLabel, fixed);
    this.#key = key;
    if (!isNew && this.#drawn.covers(this.#plot, this.#data, best)) {
      this.#plot.setData(this.#data, false);
      this.#showNewest();
    } else this.#draw();
  }

  #create(lines, format, axisLabel, fixed) {
    this.#plot?.destroy();
    this.#range = undefined;
    const ink = () => this.#colour('--red-ui-primary-text-color');
    const axis = {
      stroke: ink,
      grid: { stroke: () => this.#colour('--red-ui-secondary-border-color'), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width: this.canvas.clientWidth || 300,
        height,
        scales: { x: { time: false }, y: { range: (_plot, least, most) => this.#yRange(least, most) } },
        legend: {
          live: true,
          // A piece of the line, as it is drawn. The series before the lines is the axis.
          markers: {
            width: (_plot, series) => Math.ceil(widthOf(series - 1, lines[series - 1].isMain)),
            dash: (_plot, series) => dashOf(series - 1).style,
            fill: () => 'none',
          },
        },
        cursor: { drag: { x: true, y: false }, bind: { dblclick: () => () => this.#setRange(undefined) } },
        axes: [
          {
            ...axis,
            label: axisLabel,
            labelSize: 16,
            size: 26,
            values: (_plot, marks) => marks.map((mark) => (Number.isInteger(mark) ? mark : '')),
          },
          {
            ...axis,
            size: 52,
            values: (_plot, marks) => marks.map((mark) => (fixed ? share(mark) : format(mark))),
          },
        ],
        series: [
          { label: axisLabel },
          ...lines.map(({ label, isMain }, i) => ({
            label,
            stroke: colourOf(i),
            width: widthOf(i, isMain),
            dash: dashOf(i).lengths,
            spanGaps: true,
            points: { show: this.#data[0].length < 40, size: 4 },
            value: (_plot, value) => (value === null || value === undefined ? '–' : format(value)),
          })),
        ],
        hooks: {
          draw: [(plot) => this.#markBest(plot)],
          setSelect: [
            ({ select, posToVal }) => {
              if (select.width > 3)
                this.#setRange([posToVal(select.left, 'x'), posToVal(select.left + select.width, 'x')]);
            },
          ],
        },
      },
      this.#data,
      this.canvas,
    );
    this.#fit();
  }

  #draw() {
    const [least, most] = this.#range ?? this.#whole;
    const words = { from: Math.ceil(least), to: Math.floor(most) };
    setText(this.shown, this.#range ? text('zoom.shown', words) : '');
    this.#plot.batch(() => {
      this.#plot.setData(this.#data, false);
      this.#plot.setScale('x', { min: least, max: most > least ? most : least + 1 });
    });
    this.#drawn.note(this.#plot, this.#data, this.#options.best);
    this.#showNewest();
  }

  /** Without a pointer over the curve, the legend has the newest values. */
  #showNewest() {
    if (this.#plot.cursor.idx === null || this.#plot.cursor.idx === undefined)
      this.#plot.setLegend({ idx: this.#data[0].length - 1 });
  }

  get #whole() {
    const [axis] = this.#data;
    return [axis[0] ?? 0, axis.at(-1) ?? 1];
  }

  #yRange(least, most) {
    const { fixed } = this.#options;
    if (fixed) return fixed;
    if (least === null || !Number.isFinite(least)) return [0, 1];
    return [Math.min(0, least), most > 0 ? most * 1.05 : 1];
  }

  #setRange(range) {
    this.#range = range;
    this.#plot?.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (this.#plot) this.#draw();
  }

  /** @param share of the range that is shown then */
  #zoom(share) {
    const [least, most] = this.#range ?? this.#whole;
    const middle = (least + most) / 2;
    const half = Math.max(1, ((most - least) * share) / 2);
    this.#limit([middle - half, middle + half]);
  }

  #move(part) {
    const [least, most] = this.#range ?? this.#whole;
    const shift = (most - least) * part;
    const [first, last] = this.#whole;
    if (shift < 0 ? least + shift < first : most + shift > last) return;
    this.#setRange([least + shift, most + shift]);
  }

  #limit([least, most]) {
    const [first, last] = this.#whole;
    const isWhole = least <= first && most >= last;
    this.#setRange(isWhole ? undefined : [Math.max(first, least), Math.min(last, most)]);
  }

  #onKey(event) {
    const action = {
      '+': () => this.#zoom(1 - 2 * step),
      '-': () => this.#zoom(1 / (1 - 2 * step)),
      0: () => this.#setRange(undefined),
      ArrowLeft: () => this.#move(-step),
      ArrowRight: () => this.#move(step),
    }[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    // The editor moves selected nodes by the same keys.
    event.stopPropagation();
    action();
  }

  #markBest(plot) {
    const { best } = this.#options;
    if (best === undefined || best < plot.scales.x.min || best > plot.scales.x.max) return;
    const { ctx, bbox } = plot;
    const x = Math.round(plot.valToPos(best, 'x', true));
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = this.#colour('--red-ui-primary-text-color');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `${11 * devicePixelRatio}px sans-serif`;
    ctx.textBaseline = 'bottom';
    const words = text('best', { version: best });
    const isRight = x + ctx.measureText(words).width + 8 > bbox.left + bbox.width;
    ctx.textAlign = isRight ? 'right' : 'left';
    ctx.fillText(
      words,
      x + (isRight ? -4 : 4) * devicePixelRatio,
      bbox.top + bbox.height - 4 * devicePixelRatio,
    );
    ctx.restore();
  }

  #fit() {
    const width = this.canvas.clientWidth;
    if (width > 0 && this.#plot && width !== this.#plot.width) this.#plot.setSize({ width, height });
  }

  /** A colour of the editor. Reading it has the browser work out all styles of the page, so it is read once per theme. */
  #colour(name) {
    let value = this.#colours.get(name);
    if (value === undefined) {
      value = getComputedStyle(this.canvas).getPropertyValue(name).trim() || '#888';
      this.#colours.set(name, value);
    }
    return value;
  }
}
