/* The dialog of the task node: fields to a task and back, and the figures beside it. Runs in the editor. */

import { clashText } from './clash.mjs';
import { askQuestion, dataOf } from './data-fields.mjs';
import { makePanel, placePanel, presentFigures } from './figures.mjs';
import { fill, fillSome, read } from './form.mjs';
import { offerImport } from './import-layers.mjs';
import { offerLearning } from './learn.mjs';
import { fillLists, makeLists, markInLists } from './lists.mjs';
import { layersProblem } from './model.mjs';
import { chosenChange, makeChange, presentChange } from './model-change.mjs';
import { kinds, presets } from './presets.mjs';
import { fleet, hideCosts, levelChanged, presentCosts, presentProtection } from './privacy.mjs';
import { element, makeRows, makeViews, showRows, showView } from './row-elements.mjs';
import { fieldAt, placeOf } from './rows/index.mjs';

const $ = window.$;
const RED = window.RED;

$('<link rel="stylesheet">')
  .attr('href', new URL('task-dialog.css', import.meta.url).href)
  .appendTo('head');

/** A name as names are compared. */
const asName = (name) => name.trim().toLowerCase();

/**
 * Fills the template that is in the page. @returns reads the fields, and ends the dialog
 * @param stored the task as the node has it, in the current version
 * @param text gives the words of a key
 */
window.ftteTaskDialog = (node, stored, text) => {
  const nameField = $('#node-config-input-name');
  const name = () => nameField.val();
  let problem = node.problem || '';
  let timer;
  let asked = 0;
  /** The task at the last change, as text. */
  let seen = '';
  let kindBefore = kinds[stored.kind] ? stored.kind : 'classification';
  const readTask = () => read(stored);
  /** The data as a preset or a stream last filled it. */
  let filled = '';
  /** Names that no person has typed: those of presets, of a new node, and the one that was made last. */
  const madeNames = new Set(
    [...Object.keys(presets).map((each) => text(`preset.${each}`)), node._def.defaults.name.value].map(
      asName,
    ),
  );
  /** Whether the fields hold nothing that a person has typed. */
  const isUntouched = () => {
    const now = dataOf(readTask());
    return now === filled || Object.values(presets).some((preset) => dataOf(preset) === now);
  };

  function show() {
    const { losses } = kinds[element('kind').val()] || kinds.classification;
    const loss = element('loss');
    if (loss.val() !== 'auto' && !losses.includes(loss.val())) loss.val('auto');
    loss.children().each(function () {
      $(this).prop('hidden', this.value !== 'auto' && !losses.includes(this.value));
    });
    // Its output is its input, which fits no other kind.
    const isAnomaly = element('kind').val() === 'anomaly';
    element('model').find('[value="autoencoder1d"]').prop('hidden', !isAnomaly);
    element('server-rate').attr(
      'placeholder',
      element('server').val() === 'sgd' ? text('placeholder.auto') : 0.01,
    );
    $('.ftte-task-labels').toggle(element('kind').val() === 'classification');
    showRows();
    showView(tabs, text);
  }

  /** Sets the model and training of another kind of task, if they are still those that the kind before starts with. */
  function kindChanged() {
    const kind = element('kind').val();
    const before = Object.entries(kinds[kindBefore].training);
    if (before.every(([id, value]) => element(id).val() === value))
      for (const [id, value] of Object.entries(kinds[kind].training)) element(id).val(value);
    kindBefore = kind;
    const presetsOfKinds = Object.values(kinds).map(({ preset }) => preset);
    if (presetsOfKinds.includes(element('model').val())) element('model').val(kinds[kind].preset);
    if (kind === 'forecast' && element('horizon').val() === '') element('horizon').val(10);
    if (kind === 'anomaly' && element('false-alarms').val() === '') element('false-alarms').val(1);
  }

  function offerPreset(id) {
    const question = element('preset-question').empty();
    const start = () => startFrom(presets[id], text(`preset.${id}`));
    if (isUntouched()) return start();
    askQuestion(
      question,
      text('tip.preset'),
      [text('learn.replaceButton'), text('learn.keep')],
      (isTaken) => {
        if (isTaken) start();
      },
    );
  }

  /**
   * Fills the fields from a preset, or from what was learned. What was there comes back with a click.
   * @param made the name of the task, unless a person has typed one
   */
  function startFrom(preset, made) {
    element('preset-question').empty();
    const before = { task: readTask(), name: name() };
    if (asName(name()) === '' || madeNames.has(asName(name()))) {
      nameField.val(made).trigger('change');
      madeNames.add(asName(made));
    }
    fillLists(preset);
    element('kind').val(preset.kind || 'classification');
    kindChanged();
    fillSome(preset, (path) => /^(input|forecast|anomaly)\./.test(path));
    if (preset.model) {
      element('model').val(preset.model.preset);
      element('size').val(preset.model.size);
    }
    filled = dataOf(readTask());
    changed();
    undo
      .off('click')
      .on('click', () => comeBack(before))
      .show();
  }

  function comeBack(before) {
    undo.hide();
    nameField.val(before.name).trigger('change');
    fill(before.task);
    kindBefore = before.task.kind;
    changed();
  }

  function changed() {
    show();
    // A field that is left reports its change again: the answer to it stays.
    const now = JSON.stringify([readTask(), fleet()]);
    if (now === seen) return;
    seen = now;
    clearTimeout(timer);
    // The runtime has not checked the new task yet.
    problem = '';
    timer = setTimeout(ask, 250);
  }

  function ask() {
    const question = ++asked;
    const task = readTask();
    if (typeof task.model.layers === 'string') {
      present({ field: 'model.layers', code: 'model-invalid', text: `model.layers: ${layersProblem()}` });
      return;
    }
    $.ajax({
      url: 'ftte/task/preview',
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify({ id: node.id, name: name(), task, fleet: fleet() }),
    })
      .done((answer) => {
        if (question === asked) present(answer);
      })
      .fail(() => {
        if (question === asked) present({ field: '', text: text('error.preview') });
      });
  }

  function present(answer) {
    problem = placed(answer);
    mark(answer.field || '');
    presentFigures({ ...answer, text: problem }, text);
    presentChange(answer.change, text);
    if (problem) return hideCosts();
    presentCosts(answer.privacy, answer.budgets?.[0]?.updateBytes, text);
    presentProtection(answer.protection, text);
  }

  /** The problem under the name that the dialog gives its field, with the tab, which may be another one. */
  function placed({ field = '', text: words = '', clash }) {
    if (clash) return clashText(clash, words, text);
    const place = placeOf(fieldAt(field));
    if (!place || !words.startsWith(`${field}: `)) return words;
    return `${text(`tab.${place.tab}`)} › ${text(`label.${place.label}`)}: ${words.slice(field.length + 2)}`;
  }

  function mark(path) {
    $('.ftte-task-content .input-error').removeClass('input-error');
    const field = fieldAt(path);
    if (field) element(field.id).addClass('input-error');
    if (path.startsWith('model') && element('model').val() === 'layers')
      element('layers').next('.red-ui-typedInput-container').addClass('input-error');
    else if (path.startsWith('model')) element('model').addClass('input-error');
    markInLists(path);
  }

  const tabs = RED.tabs.create({
    id: 'ftte-task-tabs',
    onchange(tab) {
      $('#ftte-task-tabs-content').children().hide();
      $(`#${tab.id}`).show();
      placePanel(tab.id === 'ftte-task-tab-model');
    },
  });
  // Without icons: five tabs with their words whole, in every language.
  for (const tab of ['data', 'model', 'training', 'federation', 'privacy'])
    tabs.addTab({ id: `ftte-task-tab-${tab}`, label: text(`tab.${tab}`) });
  tabs.activateTab('ftte-task-tab-data');
  for (const preset of Object.keys(presets))
    $('<button type="button" class="red-ui-button">')
      .text(text(`preset.${preset}`))
      .appendTo(element('presets'))
      .on('click', () => offerPreset(preset));
  const undo = $('<button type="button" class="red-ui-button ftte-task-undo">')
    .append($('<i class="fa fa-undo">'), document.createTextNode(` ${text('undo')}`))
    .attr('title', text('tip.undo'))
    .insertAfter(element('presets'))
    .hide();
  makeRows(text);
  makeViews(text, show);
  makeLists(text, changed);
  makePanel();
  makeChange(node.modelChange);
  fill(stored);
  element('kind').on('change', kindChanged);
  element('privacy-level').on('change', levelChanged);
  const stopLearning = offerLearning({
    ...{ node, text, isUntouched },
    take: (proposal, source) => startFrom(proposal, source || text('preset.own')),
  });
  offerImport(text, () => ({ name: name() || 'task', task: readTask() }), changed);
  $('#ftte-task-tabs-content').on('input change', 'input, select', changed);
  show();
  ask();

  return {
    read: readTask,
    problem: () => problem,
    modelChange: chosenChange,
    resize: () => tabs.resize(),
    close() {
      clearTimeout(timer);
      asked++;
      stopLearning();
    },
  };
};
