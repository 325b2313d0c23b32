/* The panel of figures beside the fields: the plans of memory budgets, or what is wrong. */
import { count } from '../dialogs/in-language.mjs';
import { explained } from '../dialogs/words.mjs';
import { bytes, percent } from './numbers.mjs';

const $ = window.$;

/** True while the table is folded, which it is on small screens at first. */
let folded;

export function makePanel() {
  const panel = $('.ftte-task-preview');
  folded ??= window.innerHeight < 800;
  const show = () => {
    panel.toggleClass('ftte-task-preview-folded', folded);
    panel.find('.ftte-task-preview-summary').attr('aria-expanded', String(!folded));
  };
  panel.find('.ftte-task-preview-summary').on('click', () => {
    folded = !folded;
    show();
  });
  show();
}

/** On the tab of the model the panel stays in sight while it scrolls; on the others it ends the page, and covers nothing. */
export const placePanel = (isOfModel) =>
  $('.ftte-task-preview').toggleClass('ftte-task-preview-aside', !isOfModel);

/** @param answer of the route `ftte/task/preview` */
export function presentFigures(answer, text) {
  const panel = $('.ftte-task-preview');
  // A sentence about two settings is in the language of the editor, and says what to do.
  const problem = answer.clash ? answer.text : answer.text ? explained(answer.code, answer.text) : '';
  panel.toggleClass('ftte-task-preview-stale', problem !== '');
  panel
    .find('.ftte-task-preview-problem')
    .text(problem)
    .toggle(problem !== '');
  if (problem) return;
  panel.find('.ftte-task-preview-words').html(
    text('preview.summary', {
      parameters: count(answer.parameters),
      seconds: count(answer.windowSeconds, 2),
      model: bytes(answer.modelBytes),
      dense: bytes(answer.denseBytes),
    }),
  );
  $('.ftte-task-shapes').text(text('preview.shapes', { shapes: answer.shapes.join('  →  ') }));
  presentBudgets(panel.find('table').empty(), answer.budgets, text);
  presentTensors($('.ftte-task-tensors table').empty(), answer, text);
}

function head(table, titles) {
  const row = $('<tr>').appendTo($('<thead>').appendTo(table));
  for (const title of titles) row.append($('<th>').text(title));
}

function presentBudgets(table, budgets, text) {
  head(
    table,
    ['budget', 'trained', 'microBatch', 'needs', 'step', 'update'].map((name) => text(`preview.${name}`)),
  );
  const rows = $('<tbody>').appendTo(table);
  for (const each of budgets) {
    const row = $('<tr>')
      .append($('<td>').text(bytes(each.budgetBytes)))
      .appendTo(rows);
    if (each.neededBytes !== undefined) {
      const words = text('preview.tooSmall', { needed: bytes(each.neededBytes, Math.ceil) });
      row.append($('<td colspan="5">').text(words));
      continue;
    }
    const { trainedShare, microBatch, peakBytes, stepCost, updateBytes } = each;
    const shown = [
      percent(trainedShare),
      microBatch,
      bytes(peakBytes),
      percent(stepCost),
      bytes(updateBytes),
    ];
    for (const cell of shown) row.append($('<td>').text(cell));
  }
}

/** A table of the channels that each budget trains of each kernel. */
function presentTensors(table, { tensors, budgets }, text) {
  head(table, [text('preview.tensor'), '', ...budgets.map((each) => bytes(each.budgetBytes))]);
  const rows = $('<tbody>').appendTo(table);
  tensors.forEach(({ name, shape, whole }, i) => {
    const row = $('<tr>')
      .append($('<td>').text(name), $('<td class="ftte-task-frozen">').text(shape))
      .appendTo(rows);
    for (const each of budgets) {
      const trained = each.trained ? each.trained[i] : 0;
      const shown = trained === 0 ? '–' : trained === whole ? text('preview.all') : `${trained} / ${whole}`;
      row.append(
        $('<td>')
          .toggleClass('ftte-task-frozen', trained === 0)
          .text(shown),
      );
    }
  });
}
