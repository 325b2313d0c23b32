/* The fields filled from a task, and a task read from the fields. */

import { fillLists, readLists } from './lists.mjs';
import { fillModel, readModel } from './model.mjs';
import { exact, number } from './numbers.mjs';
import { get, remove, set } from './paths.mjs';
import { applies, element } from './row-elements.mjs';
import { fields, unions } from './rows/index.mjs';

export function fill(task) {
  fillLists(task);
  for (const field of fields)
    if (applies(field)) element(field.id).val(shownFor(field, get(task, field.path)));
  fillModel(task);
}

/** Fills the fields of some parts of a task; a field without a setting stays as it is. */
export function fillSome(task, isMeant) {
  for (const field of fields.filter(({ path }) => isMeant(path))) {
    const value = get(task, field.path);
    if (value !== undefined) element(field.id).val(shownFor(field, value));
  }
}

function shownFor({ factor, list, options, flag }, stored) {
  if (factor && typeof stored === 'number') return exact(stored / factor);
  if (flag) return options[stored === true ? 1 : 0];
  if (list && Array.isArray(stored)) return stored.join(', ');
  return stored ?? options?.[0] ?? '';
}

/** The value of a field in the units of the task; undefined if it is empty. */
function valueIn({ id, options, absent, flag, list, factor, empty }) {
  const shown = String(element(id).val() ?? '').trim();
  if (shown === '' && empty === undefined) return undefined;
  if (flag) return shown === options[1] || undefined;
  if (options) return absent && shown === options[0] ? undefined : shown;
  if (list) return shown.split(',').map((name) => name.trim());
  const value = number(shown === '' ? empty : shown);
  return factor && typeof value === 'number' ? exact(value * factor) : value;
}

/** @param before the task as it was: settings that have no field here stay as they are */
export function read(before) {
  const task = JSON.parse(JSON.stringify(before || {}));
  for (const { path, field } of unions)
    if ((get(task, field.path) ?? field.options[0]) !== valueIn(field)) remove(task, path);
  for (const kind of ['forecast', 'anomaly']) if (element('kind').val() !== kind) delete task[kind];
  for (const field of fields) {
    // A choice that this dialog does not offer stays.
    if (element(field.id).val() === null || !applies(field)) continue;
    const value = valueIn(field);
    if (value !== undefined) set(task, field.path, value);
    else remove(task, field.path);
  }
  // A warm start needs windows.
  if (get(task, 'warmStart.samples') === undefined) delete task.warmStart;
  task.model = readModel();
  return readLists(task);
}
