/* Rows of the task dialog as elements, and which of them there is a use for. */

import { conditions, showParts } from '../dialogs/conditions.mjs';
import { makeRow } from '../dialogs/rows.mjs';
import { partOf, rows } from './rows/index.mjs';

const $ = window.$;

const idOf = (id) => `ftte-task-${id}`;
export const element = (id) => $(`#${idOf(id)}`);

const inDialog = conditions(partOf, (id) => element(id).val());
/** Whether a setting belongs to the choices made: those of another choice are neither filled nor read. */
export const { applies } = inDialog;

/** Puts the rows of each section into its place in the template. */
export function makeRows(text) {
  for (const [section, its] of Object.entries(rows))
    $(`[data-ftte-task-rows="${section}"]`).append(its.map((row) => makeRow(row, text, idOf)));
}

/** Shows what the choices made have a use for, and hides the rest. */
export function showRows() {
  showParts(Object.values(rows).flat(), inDialog, element);
}
