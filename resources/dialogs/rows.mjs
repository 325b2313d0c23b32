/*
 * Rows of a dialog as elements. A row is `{ label, icon, parts }`; a part is one field:
 *   id       of the field
 *   kind     'number', 'text', 'password', 'choice', 'typed', 'config', 'flag', or 'tip' for words alone
 *   options  of a choice; their words are under `<group>.<option>`, or they are words themselves
 *   hint     in the empty field: a key of the catalog, or the value that the runtime takes then
 *   before, unit   keys of the words beside the field
 *   wide     as wide as the dialog; `width` is a width of its own
 *   of       a condition (see conditions.mjs): belongs to that choice, and is neither checked, filled nor read without it
 *   when     a condition: shown only then, and read all the same
 */

const $ = window.$;

/**
 * @param text gives the words of a key
 * @param idOf gives the element's id of a field
 */
export function makeRow({ label, icon, parts }, text, idOf) {
  const [{ id, kind, words: tip }] = parts;
  if (kind === 'tip')
    return $('<div class="form-tips ftte-tip">')
      .attr('id', idOf(id))
      .html(tip && text(tip));
  const row = $('<div class="form-row">');
  const words = $('<label>').attr('for', idOf(id)).appendTo(row);
  if (kind === 'flag') words.html('&nbsp;').removeAttr('for');
  else if (label)
    words.append($('<i>').addClass(`fa fa-${icon}`), ' ', $('<span>').text(text(`label.${label}`)));
  else words.html('&nbsp;').removeAttr('for');
  for (const part of parts) row.append(makePart(part, text, idOf, label, part === parts[0]));
  return row;
}

/**
 * Makes the dialog as wide as its longest choice, also while the row of that choice is hidden: the editor takes the width that
 * the rows have at first. In a small window the words wrap, and take no width.
 */
export function makeWidth(rows, text) {
  const options = rows
    .flatMap(({ parts }) => parts)
    .filter(({ options, group, wide }) => options && group && wide)
    .flatMap(({ options, group }) => options.map((value) => text(`${group}.${value}`)));
  return options.map((words) => $('<div class="ftte-width" aria-hidden="true">').text(words));
}

function makePart(part, text, idOf, label, isFirst) {
  const { id, kind, before, unit, wide } = part;
  const unitOf = (key) => $('<span class="ftte-unit">').text(text(`unit.${key}`));
  const all = $('<span class="ftte-part">').toggleClass('ftte-wide', wide === true);
  if (before) all.append(unitOf(before));
  all.append(makeField(part, text, idOf(id)));
  if (kind === 'typed') all.append($('<input type="hidden">').attr('id', `${idOf(id)}Type`));
  if (kind === 'flag')
    all.append(
      $('<label>')
        .attr('for', idOf(id))
        .text(text(`label.${id}`)),
    );
  if (unit) all.append(unitOf(unit));
  // The row's label is that of its first field. Words beside a field say to a screen reader what it does not.
  const names = [label && `label.${label}`, before && `unit.${before}`, unit && `unit.${unit}`].filter(
    Boolean,
  );
  if (names.length > 0 && (before || !label || !isFirst))
    all
      .children(':input')
      .first()
      .attr('aria-label', names.map((key) => text(key)).join(' '));
  return all;
}

function makeField(part, text, id) {
  const { kind, options, group, hint, wide, width } = part;
  if (kind === 'flag') return $('<input type="checkbox">').attr('id', id);
  const field = options ? $('<select>') : $('<input>').attr('type', kind === 'password' ? kind : 'text');
  field.attr('id', id);
  if (width) field.css({ width, maxWidth: '100%' });
  else if (wide) field.css({ width: '100%' });
  else if (!options) field.addClass('ftte-number');
  if (hint !== undefined) field.attr('placeholder', typeof hint === 'string' ? text(hint) : hint);
  for (const value of options ?? [])
    $('<option>')
      .attr('value', value)
      .text(group ? text(`${group}.${value}`) : value)
      .appendTo(field);
  return field;
}

/** Gives the field that the editor puts in place of a typed one its name, for screen readers. */
export function nameTyped(field) {
  const words =
    $(`label[for="${field.attr('id')}"]`)
      .text()
      .trim() || field.attr('aria-label');
  field.next('.red-ui-typedInput-container').find('input').attr('aria-label', words);
}
