/* Rows of the task dialog as elements, and which of them there is a use for. */

import { conditions, showParts } from '../dialogs/conditions.mjs';
import { makeRow } from '../dialogs/rows.mjs';
import { expertParts, makeSwitch, sayHidden, startSwitch, switchId } from '../dialogs/view.mjs';
import { kinds } from './presets.mjs';
import { partOf, rows } from './rows/index.mjs';

const $ = window.$;

const idOf = (id) => `ftte-task-${id}`;
export const element = (id) => $(`#${idOf(id)}`);

const isSimple = () => !element(switchId).prop('checked');
const inDialog = conditions(partOf, (id) => element(id).val(), isSimple);
const all = Object.values(rows).flat();
const forExperts = expertParts(all);
/** Whether a setting belongs to the choices made: those of another choice are neither filled nor read. */
export const { applies } = inDialog;

/** Puts the rows of each section into its place in the template. */
export function makeRows(text) {
  for (const [section, its] of Object.entries(rows))
    $(`[data-ftte-task-rows="${section}"]`).append(its.map((row) => makeRow(row, text, idOf)));
}

/** Shows what the choices made have a use for, and hides the rest. */
export function showRows() {
  showParts(all, inDialog, element);
}

/** Puts the switch between the views above the dialog. @param show called when it has changed */
export function makeViews(text, show) {
  $('.ftte-task-dialog').prepend(makeSwitch(idOf(switchId), text));
  startSwitch(element(switchId), show);
}

/** Shows the tabs of the view, and says which settings are hidden although they are not at their defaults. */
export function showView(tabs, text) {
  // The editor's own way takes a transition of its style sheet, which these tabs do not have.
  const its = ['training', 'federation', 'privacy'].map((tab) =>
    $(`#ftte-task-tabs a[href="#ftte-task-tab-${tab}"]`),
  );
  for (const tab of its) tab.parent().toggleClass('hide-tab', isSimple()).toggle(!isSimple());
  if (its.some((tab) => tab.parent().is('.hide-tab.active'))) tabs.activateTab('ftte-task-tab-data');
  tabs.resize();
  $('.ftte-task-dialog').toggleClass('ftte-simple', isSimple());
  const changed = forExperts.filter(({ part }) => applies(part) && !isUsual(part));
  sayHidden(element(switchId), isSimple() ? changed.map(({ label }) => label) : [], text);
}

/** Whether a field holds what a task of this kind has by itself. */
function isUsual({ id, options, hint, empty }) {
  const now = String(element(id).val() ?? '').trim();
  const usual = options ? [options[0]] : ['', empty ?? hint];
  return [...usual, kinds[element('kind').val()]?.training[id]].some((value) => String(value ?? '') === now);
}
