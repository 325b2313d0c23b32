/* The newest notices of a role in words, with their numbers. */
import { element, setShown } from '../elements.mjs';
import { notice } from '../notice.mjs';
import { clockTime, text } from '../words.mjs';
import { Section } from './section.mjs';

/** Newest events that are shown. */
const most = 30;
const icons = { info: 'info-circle', warning: 'exclamation-triangle', error: 'times-circle' };

export class EventsSection extends Section {
  parts = ['events'];
  #list = element('ol.ftte-events');
  /** The lines by their event. */
  #lines = new Map();
  #none = element('p.ftte-hint', {}, text('noEvents'));

  constructor(session) {
    super('events', session);
    this.root.append(this.#none, this.#list);
  }

  draw({ events }) {
    setShown(this.#none, events.length === 0);
    const shown = events.slice(-most).reverse();
    this.#lines = new Map(shown.map((event) => [event, this.#lines.get(event) ?? lineOf(event)]));
    const lines = [...this.#lines.values()];
    for (const line of [...this.#list.children]) if (!lines.includes(line)) line.remove();
    // Those that are there stay, with the focus and what a person has opened.
    for (const [i, line] of lines.entries())
      if (this.#list.children[i] !== line) this.#list.insertBefore(line, this.#list.children[i] ?? null);
  }
}

function lineOf({ timeMs, level, code, text: words, count, about, cause }) {
  return element(
    `li.ftte-${level}`,
    {},
    element(`i.fa.fa-${icons[level]}`, { role: 'img', 'aria-label': text(`level.${level}`) }),
    ' ',
    element('time', { datetime: new Date(timeMs).toISOString() }, clockTime(timeMs)),
    ' ',
    count > 1 ? element('strong', {}, `x ${count} `) : '',
    notice(code, words, about, cause),
  );
}
