/*
 * The rows of the dialog, by section (see ../../dialogs/rows.mjs for a row). A part is one field of the task, with
 *   id       of the element, `ftte-task-<id>`
 *   path     of the setting in the task; a part without one is read elsewhere
 *   options  of a choice; an absent setting means the first
 *   absent   of a choice: the first option is a task without the setting, and is not written
 *   flag     of a choice of no and yes: yes is written as true, and no is not written
 *   factor   the task's number is the shown one times this
 *   list     names separated by commas
 *   expert   only the expert view shows the field
 *   empty    value of an empty field, if the task must have one
 */

import { data } from './data.mjs';
import { federation } from './federation.mjs';
import { model, selection } from './model.mjs';
import { privacy } from './privacy.mjs';
import { training } from './training.mjs';

export const rows = { data, model, selection, training, federation, privacy };

/** Sections that only the expert view shows. */
for (const part of [selection, training, federation, privacy].flat().flatMap((row) => row.parts))
  part.expert = true;

const parts = Object.values(rows)
  .flat()
  .flatMap((row) => row.parts);

export const partOf = (id) => parts.find((part) => part.id === id);

/** The fields that a setting of the task stands behind, choices before what belongs to them. */
export const fields = parts.filter((part) => part.path !== undefined);

/** The field behind a path of the task, as an error names it. */
export const fieldAt = (path) =>
  fields.find((each) => path === each.path || (each.list && path.startsWith(`${each.path}.`)));

/** The tab that a field stands on, and the label of its row; of a row without one, that of the row before. */
export function placeOf(field) {
  for (const [section, its] of Object.entries(rows)) {
    const at = its.findIndex((row) => row.parts.includes(field));
    if (at < 0) continue;
    const row = its.slice(0, at + 1).findLast(({ label }) => label);
    return { tab: section === 'selection' ? 'model' : section, label: row?.label };
  }
  return undefined;
}

/** Settings whose kind decides which others there are: those of another kind are not taken along. */
export const unions = fields
  .filter(({ path, options }) => options && /\.(kind|level)$/.test(path))
  .map((field) => ({ path: field.path.slice(0, field.path.lastIndexOf('.')), field }));
