/* The simple view of a dialog, which leaves out what newcomers do not need, and the expert view, which shows all settings. */

const $ = window.$;
const RED = window.RED;

/** Name under which Node-RED keeps what a person chose last. */
const kept = 'ftte.view';
/** Of the switch in a dialog. */
export const switchId = 'expert-view';

/**
 * Makes the switch, and the place for words about settings that are not shown.
 * @param id of the switch's element
 * @param text gives the words of a key
 */
export function makeSwitch(id, text) {
  const words = $('<label>').attr('for', id).text(text('view.expert'));
  const row = $('<div class="form-row">').append($('<input type="checkbox">').attr('id', id), words);
  return $('<div class="ftte-view">').append(row, $('<div class="form-tips ftte-tip" role="status">'));
}

/**
 * Sets the switch of an open dialog to what was chosen last, and keeps what is chosen.
 * @param show called when it has changed
 */
export function startSwitch(input, show) {
  input.prop('checked', RED.settings.get(kept) === 'expert').on('change', () => {
    RED.settings.set(kept, input.prop('checked') ? 'expert' : 'simple');
    show();
  });
}

/**
 * Says which settings are hidden although they are not at their defaults.
 * @param input the switch
 * @param hidden labels of their rows
 */
export function sayHidden(input, hidden, text) {
  const names = [...new Set(hidden)].map((label) => text(`label.${label}`));
  const words = names.length > 0 ? text('view.hidden', { names: names.join(', ') }) : '';
  input.closest('.ftte-view').children('.ftte-tip').text(words);
}

/** Parts of the rows that only the expert view shows, each with the label of its row; of a row without one, that of the row before. */
export function expertParts(rows) {
  let label = '';
  return rows.flatMap((row) => {
    label = row.label || label;
    const its = label;
    return row.parts.filter(({ expert }) => expert).map((part) => ({ part, label: its }));
  });
}

/** Whether a field holds the default of its setting. */
export function isUsual({ kind, value }, field) {
  if (kind === 'flag') return field.prop('checked') === value;
  const now = String(field.val() ?? '').trim();
  return now === String(value ?? '') || (kind === 'config' && now === '_ADD_');
}
