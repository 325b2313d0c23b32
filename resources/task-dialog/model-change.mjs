/* The question before a deploy that ends a model: what the next one keeps of it. */

const $ = window.$;

const choice = () => $('input[name="ftte-task-model-change"]');

/** @param stored the choice that the node has */
export function makeChange(stored) {
  choice().val([stored || 'keep']);
}

/** @returns `keep` or `fresh` */
export function chosenChange() {
  return choice().filter(':checked').val() || 'keep';
}

/** @param change of the route `ftte/task/preview`; undefined if the deploy ends no model */
export function presentChange(change, text) {
  const question = $('.ftte-task-change').toggle(change !== undefined);
  if (!change) return;
  const { version, kept, partly, fresh } = change;
  $('#ftte-task-change-question').text(text('change.question', { version }));
  const parts = [
    kept.length > 0 && text('change.kept', { layers: kept.join(', ') }),
    partly.length > 0 && text('change.partly', { layers: partly.join(', ') }),
    fresh.length > 0 && text('change.new', { layers: fresh.join(', ') }),
  ];
  const any = kept.length + partly.length > 0;
  question.find('label').toggle(any);
  question
    .find('label:first-of-type span')
    .text(`${text('change.keep')} (${parts.filter(Boolean).join('; ')})`);
  if (!any) $('#ftte-task-change-question').text(text('change.none', { version }));
}
