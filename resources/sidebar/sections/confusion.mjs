/* Held-out windows by label and prediction. */
import { element, setAttribute, setText } from '../elements.mjs';
import { count as inGroups, percent, text } from '../words.mjs';
import { Section } from './section.mjs';

export class ConfusionSection extends Section {
  kinds = ['coordinator'];
  parts = ['confusion', 'task'];
  #hint = element('p.ftte-hint');
  #place = element('div.ftte-scroll', {
    tabindex: '0',
    role: 'region',
    'aria-label': text('section.confusion'),
  });
  #labels = '';
  /** Rows of the matrix; of each its cells, that of the recall last. */
  #rows = [];

  constructor(session) {
    super('confusion', session);
    this.root.append(this.#hint, this.#place);
  }

  /** A region has no task before the federation above has sent it, and other tasks have no labels. */
  isFor({ task }) {
    return task?.kind === 'classification';
  }

  draw({ task, confusion }) {
    const { labels = [] } = task;
    const reason = confusion
      ? 'confusionOf'
      : labels.length > 64
        ? 'missing.tooManyLabels'
        : 'missing.noConfusion';
    setText(this.#hint, text(reason));
    this.#place.hidden = !confusion;
    if (!confusion) return;
    const key = JSON.stringify(labels);
    if (key !== this.#labels) this.#create(labels);
    this.#labels = key;
    for (const [i, counts] of confusion.entries()) fill(this.#rows[i], labels, counts, i);
  }

  #create(labels) {
    const head = (label) => element('th', { scope: 'col', title: label }, element('span', {}, label));
    const kind = (label, predicted) => element(predicted === label ? 'td.ftte-hit' : 'td.ftte-miss');
    this.#rows = labels.map((_, i) => [...labels.map((_label, k) => kind(i, k)), element('td')]);
    const rows = this.#rows.map((cells, i) =>
      element('tr', {}, element('th', { scope: 'row', title: labels[i] }, labels[i]), ...cells),
    );
    const heads = [
      element('th', { scope: 'col' }, text('column.label')),
      ...labels.map(head),
      element('th', { scope: 'col' }, text('column.recall')),
    ];
    this.#place.replaceChildren(
      element(
        'table.ftte-table.ftte-matrix',
        {},
        element('caption.ftte-unseen', {}, text('confusionOf')),
        element('thead', {}, element('tr', {}, ...heads)),
        element('tbody', {}, ...rows),
      ),
    );
  }
}

/** Writes the windows of a label into its row, by what was predicted. */
function fill(cells, labels, counts, label) {
  const windows = counts.reduce((sum, count) => sum + count, 0);
  counts.forEach((count, predicted) => {
    const cell = cells[predicted];
    const share = windows > 0 ? count / windows : 0;
    setText(cell, inGroups(count));
    setAttribute(cell, 'title', `${labels[label]} → ${labels[predicted]}: ${percent(share)}`);
    setAttribute(cell, 'style', `--share: ${Math.round(share * 40)}%`);
  });
  setText(cells.at(-1), windows > 0 ? percent(counts[label] / windows) : '–');
}
