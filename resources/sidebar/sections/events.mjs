/* The newest notices of a role, with their codes and numbers. */
import { explained } from '../../dialogs/words.mjs';
import { element, setShown } from '../elements.mjs';
import { clockTime, text } from '../words.mjs';
import { Section } from './section.mjs';

/** Newest events that are shown. */
const most = 30;
const icons = { info: 'info-circle', warning: 'exclamation-triangle', error: 'times-circle' };

export class EventsSection extends Section {
  parts = ['events'];
  #list = element('ol.ftte-events');
  #none = element('p.ftte-hint', {}, text('noEvents'));

  constructor(session) {
    super('events', session);
    this.root.append(this.#none, this.#list);
  }

  draw({ events }) {
    setShown(this.#none, events.length === 0);
    this.#list.replaceChildren(...events.slice(-most).reverse().map(lineOf));
  }
}

function lineOf({ timeMs, level, code, text: words, count }) {
  return element(
    `li.ftte-${level}`,
    {},
    element(`i.fa.fa-${icons[level]}`, { role: 'img', 'aria-label': text(`level.${level}`) }),
    ' ',
    element('time', { datetime: new Date(timeMs).toISOString() }, clockTime(timeMs)),
    ' ',
    element('code', {}, code),
    ' ',
    count > 1 ? element('strong', {}, `x ${count} `) : '',
    element('span', {}, explained(code, words)),
  );
}
