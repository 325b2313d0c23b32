/* Rows as elements, and which of them there is something to say in. */
import { filled, partOf, rows } from './rows/index.mjs';

const $ = window.$;

export const element = (id) => $(`#ftte-task-${id}`);

/** Puts the rows of each section where the template has a place for them. */
export function makeRows(text) {
  for (const [section, its] of Object.entries(rows))
    $(`[data-ftte-task-rows="${section}"]`).append(its.map((row) => makeRow(row, text)));
}

function makeRow({ label, icon, parts }, text) {
  const row = $('<div class="form-row">');
  const words = $('<label>').attr('for', `ftte-task-${parts[0].id}`).appendTo(row);
  if (label) words.append($('<i>').addClass(`fa fa-${icon}`), ' ', $('<span>').text(text(`label.${label}`)));
  else words.html('&nbsp;');
  for (const part of parts) row.append(makePart(part, text));
  return row;
}

function makePart(part, text) {
  const { id, before, unit, options, path, wide, width, hint } = part;
  const unitOf = (key) => $('<span class="ftte-task-unit">').text(text(`unit.${key}`));
  const field = options ? $('<select>') : $('<input type="text">');
  field.attr('id', `ftte-task-${id}`);
  if (width) field.css('width', width);
  else if (path && !options) field.addClass('ftte-task-number');
  if (hint !== undefined) field.attr('placeholder', typeof hint === 'string' ? text(hint) : hint);
  for (const value of options ?? [])
    $('<option>')
      .val(value)
      .text(part.group ? text(`${part.group}.${value}`) : value)
      .appendTo(field);
  const all = $('<span class="ftte-task-part">').toggleClass('ftte-task-wide', wide === true);
  if (before) all.append(unitOf(before));
  all.append(field);
  if (unit) all.append(unitOf(unit));
  return all;
}

/** Whether a setting belongs to the choices made: those of another choice are neither filled nor read. */
export const applies = ({ of }) => !of || holds(of);

function holds([id, values]) {
  const value = String(element(id).val() ?? '').trim();
  return values === filled ? value !== '' : values.includes(value);
}

function isShown(part) {
  return [part.of, part.when].every(
    (condition) => !condition || (holds(condition) && isShown(partOf(condition[0]))),
  );
}

/** Shows what the choices made have a use for, and hides the rest. */
export function showParts() {
  for (const { parts } of Object.values(rows).flat()) {
    const shown = parts.map(isShown);
    parts.forEach(({ id }, i) => {
      element(id).closest('.ftte-task-part').toggle(shown[i]);
    });
    element(parts[0].id).closest('.form-row').toggle(shown.includes(true));
  }
}
