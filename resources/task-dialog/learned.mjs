/* The panel of what was learned: channels, labels, remarks, and a question where fields would be replaced. */

import { count, significant } from '../dialogs/in-language.mjs';
import { askQuestion } from './data-fields.mjs';
import { percent } from './numbers.mjs';

const $ = window.$;

/**
 * @param isFilled whether the fields are filled without a question
 * @returns takes a listener to the answer of the question
 */
export function presentLearned(panel, learned, isFilled, text) {
  const { readings, seconds, rateHz, labels, channels, proposal, notes } = learned;
  const { input, kind, model } = proposal;
  panel.append(
    $('<p>').text(
      text('learn.came', {
        readings: count(readings),
        seconds: seconds === null ? '?' : short(seconds),
        rate: rateHz === null ? '?' : short(rateHz),
      }),
    ),
    channelTable(channels, input.channels, text),
  );
  if (labels.length > 0) {
    const all = labels.reduce((sum, each) => sum + each.readings, 0);
    const shown = labels.map((each) => `${each.label} ${percent(each.readings / all)}`).join(', ');
    panel.append($('<p>').text(text('learn.labels', { labels: shown })));
  }
  panel.append(
    $('<p>').text(
      text(`learn.proposal.${kind}`, {
        rate: input.rateHz,
        length: input.length,
        seconds: short(input.length / input.rateHz),
        model: model.preset,
        size: model.size,
      }),
    ),
  );
  if (notes.length > 0) {
    const list = $('<ul>').appendTo(panel);
    for (const { key, words } of notes)
      $('<li>')
        .text(text(`learn.${key}`, words))
        .appendTo(list);
  }
  if (isFilled) panel.append($('<p>').text(text('learn.filled')));
  return (whenAnswered) =>
    askQuestion(panel, text('learn.replace'), [text('learn.use'), text('learn.keep')], whenAnswered);
}

function channelTable(channels, proposed, text) {
  const table = $('<table>');
  const head = $('<tr>').appendTo($('<thead>').appendTo(table));
  for (const key of ['name', 'unit', 'centre', 'spread', 'range', 'missing'])
    head.append($('<th>').text(text(`learn.column.${key}`)));
  const rows = $('<tbody>').appendTo(table);
  for (const { name, least, most, missing, used, texts } of channels) {
    const { unit = '', centre = '', spread = '' } = proposed.find((each) => each.name === name) ?? {};
    const range = texts ? texts.join(', ') : `${short(least)} … ${short(most)}`;
    const figures = texts ? ['', '', ''] : [unit, written(centre), written(spread)];
    const cells = used
      ? [name, ...figures, range, percent(missing)]
      : [name, text('learn.left-out'), '', '', '', ''];
    const row = $('<tr>').toggleClass('ftte-task-frozen', !used).appendTo(rows);
    for (const cell of cells) row.append($('<td>').text(cell));
  }
  return table;
}

const short = (value) => significant(Number(value), 3);
/** A figure of the proposal; empty if it has none. */
const written = (value) => (value === '' ? '' : short(value));
