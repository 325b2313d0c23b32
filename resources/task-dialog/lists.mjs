/* The lists of channels and labels. */
import { number } from './numbers.mjs';
import { element } from './row-elements.mjs';

const $ = window.$;

/** The fields of a channel, and their values in a new one. */
const channelFields = [
  ['name', ''],
  ['unit', ''],
  ['centre', 0],
  ['spread', 1],
  ['categories', ''],
];

/** Categories as a person writes them, with commas between them. */
const listed = (categories) => (categories ?? []).join(', ');

const shown = (channel, name) => (name === 'categories' ? listed(channel.categories) : channel[name]);

/** @param changed called at each change */
export function makeLists(text, changed) {
  const input = (name, value) =>
    $('<input type="text">')
      .attr('placeholder', text(`channel.${name}`))
      .val(value);
  const header = $('<div class="ftte-task-list-header">');
  for (const [name] of channelFields) header.append($('<span>').text(text(`channel.${name}`)));
  const list = (id, height, more) =>
    element(id)
      .css({ height })
      .editableList({ sortable: true, removable: true, removeItem: changed, sortItems: changed, ...more });
  // The editor's own button is an icon without words.
  const nameDelete = (container, words) =>
    container.closest('li').find('.red-ui-editableList-item-remove').attr('aria-label', words);
  list('channels', '175px', {
    header,
    addItem(container, _index, channel) {
      const row = $('<div class="ftte-task-list-row">').appendTo(container);
      for (const [name, fallback] of channelFields)
        row.append(input(name, shown(channel, name) ?? fallback).addClass(`ftte-task-channel-${name}`));
      row.on('input change', 'input', changed);
      nameDelete(container, text('channel.deleteChannel'));
    },
  });
  list('labels', '145px', {
    addItem(container, _index, item) {
      const field = input('label', item.label ?? '').addClass('ftte-task-label');
      $('<div class="ftte-task-list-row">').append(field).appendTo(container);
      field.on('input change', changed);
      nameDelete(container, text('channel.deleteLabel'));
    },
  });
}

export function fillLists(task) {
  const refill = (id, items) => {
    element(id).editableList('empty');
    element(id).editableList('addItems', items);
    // Adding scrolls a list to its end, one turn later; people start at its beginning.
    setTimeout(() => element(id).closest('.red-ui-editableList-container').scrollTop(0));
  };
  refill('channels', task.input?.channels ?? []);
  refill(
    'labels',
    (task.labels || []).map((label) => ({ label })),
  );
}

const itemsOf = (id) => element(id).editableList('items').toArray();

/** The task with the channels of the list (what has no field stays: side, presence and a single category) and, for a classification, its labels. */
export function readLists(task) {
  task.input.channels = itemsOf('channels').map((item) => {
    const value = (name) => item.find(`.ftte-task-channel-${name}`).val().trim();
    const { side, presence, category, categories: given } = item.data('data') ?? {};
    const written = value('categories');
    // A category may have a comma in it: as long as nobody changes them, they stay as they are.
    const categories = written === listed(given) ? given : written.split(',').map((each) => each.trim());
    return {
      ...(side && { side }),
      ...(presence && { presence }),
      ...(category && { category }),
      ...(written !== '' && { categories }),
      name: value('name'),
      unit: value('unit'),
      centre: number(value('centre')),
      spread: number(value('spread')),
    };
  });
  delete task.labels;
  if (task.kind === 'classification')
    task.labels = itemsOf('labels').map((item) => item.find('.ftte-task-label').val().trim());
  return task;
}

/** Marks the field of a path such as `input.channels.2.spread` or `labels.1`. */
export function markInLists(path) {
  const [list, index, property] = path.replace('input.channels', 'channels').split('.');
  if (index === undefined || (list !== 'channels' && list !== 'labels')) return;
  const field = list === 'labels' ? '.ftte-task-label' : `.ftte-task-channel-${property}`;
  itemsOf(list)[Number(index)]?.find(field).addClass('input-error');
}
