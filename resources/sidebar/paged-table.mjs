/* A table of which one page is in the document, whatever the number of rows. */
import { button, element, setAttribute, setShown, setText } from './elements.mjs';
import { text } from './words.mjs';

export class PagedTable {
  #rows = [];
  #page = 0;
  #columns;
  #size;
  #body = element('tbody');
  #place = element('span', { 'aria-live': 'polite' });
  #sortBy;
  #isDown = false;
  #heads = new Map();
  #headRow = element('tr');

  /**
   * @param columns `{ key, label, title, isWide, cell(row), sort(row), hint(row) }`; without `sort` a column cannot be sorted by,
   *        `title` says what its label means, `hint` has more words of a cell, `isWide`: cells are broken into lines
   * @param caption read by screen readers
   */
  constructor(columns, caption, size = 25) {
    this.#columns = columns;
    this.#size = size;
    this.pager = element(
      'div.ftte-pager',
      {},
      button('chevron-left', text('page.before'), () => this.#turn(-1)),
      this.#place,
      button('chevron-right', text('page.after'), () => this.#turn(1)),
    );
    for (const column of columns) this.#heads.set(column.key, this.#head(column));
    this.#headRow.append(...this.#heads.values());
    const table = element(
      'table.ftte-table',
      {},
      element('caption.ftte-unseen', {}, caption),
      element('thead', {}, this.#headRow),
      this.#body,
    );
    this.root = element(
      'div',
      {},
      element('div.ftte-scroll', { tabindex: '0', role: 'region', 'aria-label': caption }, table),
      this.pager,
    );
  }

  /** @param rows in their usual order */
  show(rows) {
    this.#rows = rows;
    this.#draw();
  }

  /** Puts the columns in an order. @param keys of all columns; the first one has the names of the rows, and stays first */
  arrange(keys) {
    if (keys.join() === this.#columns.map(({ key }) => key).join()) return;
    this.#columns = keys.map((key) => this.#columns.find((column) => column.key === key));
    this.#headRow.append(...keys.map((key) => this.#heads.get(key)));
    this.#body.replaceChildren();
  }

  #head({ key, label, title, sort }) {
    const head = element('th', { scope: 'col', title });
    if (!sort) head.append(label);
    else
      head.append(
        element('button.ftte-sort', { type: 'button', on: { click: () => this.#sort(key) } }, label),
      );
    return head;
  }

  #sort(key) {
    this.#isDown = this.#sortBy === key && !this.#isDown;
    this.#sortBy = key;
    this.#page = 0;
    for (const [name, head] of this.#heads) {
      if (name === key) head.setAttribute('aria-sort', this.#isDown ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    this.#draw();
  }

  #turn(pages) {
    this.#page += pages;
    this.#draw();
  }

  #draw() {
    const pages = Math.max(1, Math.ceil(this.#rows.length / this.#size));
    this.#page = Math.min(Math.max(0, this.#page), pages - 1);
    const from = this.#page * this.#size;
    const shown = this.#sorted().slice(from, from + this.#size);
    while (this.#body.rows.length > shown.length) this.#body.lastChild.remove();
    while (this.#body.rows.length < shown.length) this.#body.append(this.#emptyRow());
    shown.forEach((row, i) => {
      const { cells } = this.#body.rows[i];
      this.#columns.forEach(({ cell, hint }, k) => {
        setText(cells[k], cell(row));
        if (hint) setAttribute(cells[k], 'title', hint(row));
      });
    });
    setShown(this.pager, pages > 1);
    setText(this.#place, text('page.place', { page: this.#page + 1, pages, rows: this.#rows.length }));
    const [before, , after] = this.pager.children;
    before.disabled = this.#page === 0;
    after.disabled = this.#page === pages - 1;
  }

  #emptyRow() {
    return element(
      'tr',
      {},
      ...this.#columns.map(({ isWide }, k) =>
        k === 0 ? element('th', { scope: 'row' }) : element(isWide ? 'td.ftte-wide' : 'td'),
      ),
    );
  }

  #sorted() {
    const sort = this.#columns.find(({ key }) => key === this.#sortBy)?.sort;
    if (!sort) return this.#rows;
    const sign = this.#isDown ? -1 : 1;
    return this.#rows
      .map((row) => [sort(row), row])
      .sort(
        ([a], [b]) =>
          sign * (typeof a === 'string' ? a.localeCompare(b) : (a ?? -Infinity) - (b ?? -Infinity)),
      )
      .map(([, row]) => row);
  }
}
