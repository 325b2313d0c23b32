/* Held-out windows by label and prediction. */
import { element, setText } from '../elements.mjs';
import { percent, text } from '../words.mjs';
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
  #drawn = '';

  constructor(session) {
    super('confusion', session);
    this.root.append(this.#hint, this.#place);
  }

  draw({ task, confusion }) {
    const { kind, labels } = task;
    this.root.hidden = kind !== 'classification';
    const reason = confusion
      ? 'confusionOf'
      : labels.length > 64
        ? 'missing.tooManyLabels'
        : 'missing.noConfusion';
    setText(this.#hint, text(reason));
    this.#place.hidden = !confusion;
    if (!confusion || this.root.hidden) return;
    const key = JSON.stringify([labels, confusion]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#place.replaceChildren(matrix(labels, confusion));
  }
}

function matrix(labels, confusion) {
  const head = (label) => element('th', { scope: 'col', title: label }, element('span', {}, label));
  return element(
    'table.ftte-table.ftte-matrix',
    {},
    element('caption.ftte-unseen', {}, text('confusionOf')),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, text('column.label')),
        ...labels.map(head),
        element('th', { scope: 'col' }, text('column.recall')),
      ),
    ),
    element('tbody', {}, ...confusion.map((counts, i) => rowOf(labels, counts, i))),
  );
}

function rowOf(labels, counts, label) {
  const windows = counts.reduce((sum, count) => sum + count, 0);
  const cells = counts.map((count, predicted) => {
    const share = windows > 0 ? count / windows : 0;
    const cell = element(
      predicted === label ? 'td.ftte-hit' : 'td.ftte-miss',
      { title: `${labels[label]} → ${labels[predicted]}: ${percent(share)}` },
      String(count),
    );
    cell.style.setProperty('--share', `${Math.round(share * 40)}%`);
    return cell;
  });
  return element(
    'tr',
    {},
    element('th', { scope: 'row', title: labels[label] }, labels[label]),
    ...cells,
    element('td', {}, windows > 0 ? percent(counts[label] / windows) : '–'),
  );
}
