/*
 * What the dialogs of all nodes share. A node describes its fields once; this gives the rows of its dialog, the defaults
 * and checks of its settings, and its words. Runs in the editor, before the scripts of the nodes.
 */
import { conditions, showParts } from './conditions.mjs';
import { isOfVersion, migrated, versionSetting } from './config-version.mjs';
import * as fields from './fields.mjs';
import { fixed } from './in-language.mjs';
import { giveToOthers, takeOnly } from './only-federation.mjs';
import { makeRow, makeWidth, nameTyped } from './rows.mjs';
import { settingOf } from './validators.mjs';
import { expertParts, isUsual, makeSwitch, sayHidden, startSwitch, switchId } from './view.mjs';
import { wordsOf } from './words.mjs';

const $ = window.$;
const RED = window.RED;

$('<link rel="stylesheet">')
  .attr('href', new URL('dialogs.css', import.meta.url).href)
  .appendTo('head');

/**
 * The dialog of a node.
 * @param version of the node's settings: one more than it has migrations
 * @param rows called with the makers of fields (see fields.mjs); the row of the name is added. Without it the node's own
 *        template stays.
 * @param isConfig of a config node
 */
window.ftteDialog = (type, { version, rows: describe, isConfig = false }) => {
  const text = wordsOf(type);
  const idOf = (id) => `${isConfig ? 'node-config-input' : 'node-input'}-${id}`;
  const element = (id) => $(`#${idOf(id)}`);
  const rows = describe ? [...describe(fields), nameField].map(rowOf) : [];
  const parts = rows.flatMap((row) => row.parts);
  const partOf = (id) => parts.find((part) => part.id === id);
  const forExperts = expertParts(rows);
  const hasViews = forExperts.length > 0;
  if (describe)
    fillTemplate(type, [
      ...(hasViews ? [makeSwitch(idOf(switchId), text)] : []),
      ...rows.map((row) => makeRow(row, text, idOf)),
      ...makeWidth(rows, text),
    ]);

  /** Conditions on a node: on the fields of its dialog if that is open, else on its stored settings. */
  const conditionsOf = (node) => {
    const isOpen = RED.editor.getEditStack().at(-1) === node;
    return conditions(partOf, (id) => (isOpen && element(id).length > 0 ? element(id).val() : node[id]));
  };
  const isSimple = () => hasViews && !element(switchId).prop('checked');
  const inDialog = conditions(partOf, (id) => element(id).val(), isSimple);
  const show = () => {
    showParts(rows, inDialog, element);
    const changed = forExperts.filter(
      ({ part }) => part.own !== false && inDialog.applies(part) && !isUsual(part, element(part.id)),
    );
    if (hasViews) sayHidden(element(switchId), isSimple() ? changed.map(({ label }) => label) : [], text);
  };

  /** Settings that the open dialog changes beside its fields. */
  let beside = {};
  /** Settings that the node of the open dialog lacks: their fields show the defaults. */
  let lacking = [];

  const isDefault = (id) => {
    const part = partOf(id);
    if (part) return isUsual(part, element(id));
    const typedPart = partOf(id.replace(/Type$/, ''));
    return element(id).val() === nameOf(typedPart.types[0]);
  };

  return {
    text,
    element,
    /** As in in-language.mjs. */
    fixed,
    version,
    field: { ...settingsOf(rows, text, conditionsOf), configVersion: versionSetting(version, text) },
    /** @param own called with the settings that a migration changed, once the fields are filled */
    prepare: (own) =>
      function () {
        beside = {};
        migrated(this, version, text, (changes, isCurrent, problem) => {
          const defaults = absent(this, parts);
          lacking = settingNames(parts).filter((id) => this[id] === undefined && !(id in changes));
          beside = fillIn({ ...defaults, ...changes }, element);
          if (isCurrent && !isOfVersion(this, version)) beside.configVersion = version;
          if (problem) showProblem(problem, element('name'));
          makeTyped(parts, element, text);
          for (const { id } of parts) element(id).on('input change', show);
          if (hasViews) startSwitch(element(switchId), show);
          own?.call(this, changes);
          show();
        });
      },
    save: (own) =>
      function () {
        Object.assign(this, beside);
        own?.call(this);
        // A default that nobody has changed is no change: the editor takes what has no field as it was.
        const secrets = parts.filter(isCredential).map(({ id }) => id);
        const isEmpty = (id) =>
          !element(id).val() && !this.credentials?.[id] && !this.credentials?.[`has_${id}`];
        for (const id of [...lacking.filter(isDefault), ...secrets.filter(isEmpty)])
          element(id).removeAttr('id');
      },
    /** For a node that was put on the flow. */
    onadd() {
      takeOnly(this);
    },
    /** For a federation that was made. */
    giveToOthers,
    /** Words of one port, or of several by their index. */
    ports:
      (...keys) =>
      (index = 0) =>
        text(`port.${keys[index]}`),
    paletteLabel: () => text('palette'),
    label() {
      return this.name || text('palette');
    },
    labelStyle() {
      return this.name ? 'node_label_italic' : '';
    },
  };
};

const nameField = fields.text('name', { icon: 'tag', hint: 'label.name' });

/** A row as it is described: a field, or several, of which the first has the label. */
function rowOf(described) {
  const parts = [described].flat();
  const { id, label = id, icon } = parts[0];
  return { label: icon && label, icon, parts };
}

function settingsOf(rows, text, conditionsOf) {
  const settings = {};
  let label = '';
  for (const row of rows) {
    label = row.label ? text(`label.${row.label}`) : label;
    for (const part of row.parts.filter(({ own }) => own !== false)) {
      settings[part.id] = settingOf(part, label, text, conditionsOf);
      if (part.kind === 'typed') settings[`${part.id}Type`] = { value: nameOf(part.types[0]) };
    }
  }
  return settings;
}

function fillTemplate(type, elements) {
  $(`script[data-template-name="${type}"]`).text($('<div>').append(elements).html());
}

const nameOf = (type) => (typeof type === 'string' ? type : type.value);

function makeTyped(parts, element, text) {
  for (const { id, types } of parts.filter(({ kind }) => kind === 'typed'))
    element(id).typedInput({
      default: nameOf(types[0]),
      types: types.map((type) => (type.label ? { ...type, label: text(type.label) } : type)),
      typeField: element(`${id}Type`),
    });
  for (const { id } of parts.filter(({ kind }) => kind === 'typed')) nameTyped(element(id));
}

/** The defaults of settings that a node lacks, as in a flow that was written by hand: the runtime takes them, too. */
function absent(node, parts) {
  const lacking = parts.filter(
    ({ id, own, value }) => own !== false && value !== undefined && node[id] === undefined,
  );
  return Object.fromEntries(lacking.map(({ id, value }) => [id, value]));
}

/** Names of the settings of all fields; a typed one has its type beside it. */
const settingNames = (parts) =>
  parts
    .filter(({ own, value }) => own !== false && value !== undefined)
    .flatMap(({ id, kind }) => (kind === 'typed' ? [id, `${id}Type`] : [id]));

const isCredential = ({ own, kind }) => own === false && ['text', 'password'].includes(kind);

/** Fills changed settings into their fields. @returns those that have none */
function fillIn(changes, element) {
  const without = {};
  for (const [name, value] of Object.entries(changes)) {
    const field = element(name);
    if (field.length === 0) without[name] = value;
    else if (field.is(':checkbox')) field.prop('checked', value);
    else {
      field.val(value);
      // The editor's word for no configuration node.
      if (field.val() === null) field.val('_ADD_');
    }
  }
  return without;
}

function showProblem(problem, name) {
  $('<div class="form-tips ftte-problem" role="alert">').text(problem).prependTo(name.closest('form'));
}
