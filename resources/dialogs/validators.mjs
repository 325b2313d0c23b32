/* Checks of settings in the editor. Node-RED takes `${NAME}` for valid before it asks one of them. */

const RED = window.RED;

/**
 * The setting of a field as Node-RED registers it: its default, and a check that gives true or the reason.
 * @param conditionsOf gives the conditions of a node's dialog (see conditions.mjs)
 */
export function settingOf(field, label, text, conditionsOf) {
  const { kind, value, type, required } = field;
  const setting = { value, label };
  if (kind === 'config') setting.type = type;
  // Of an empty setting that is not required, Node-RED would not ask the check.
  if (required === true || (kind === 'config' && !required)) setting.required = required === true;
  const wrong = checks[kind]?.(field);
  if (!wrong) return setting;
  // Node-RED takes a text as the reason only from a function of two parameters.
  setting.validate = function (given, _options) {
    const { applies, holds } = conditionsOf(this);
    // A setting that the flow does not hold has its default.
    if (given === undefined || !applies(field)) return true;
    const reason = wrong(given, this, holds);
    return reason === undefined || text(...reason);
  };
  return setting;
}

/** By kind: what is wrong with a value, as the key and values of a text. */
const checks = {
  number: (field) => (given) => (isInRange(field, given) ? undefined : rangeOf(field)),
  text: ({ check }) => check && ((given, node, holds) => check(String(given), node, holds)),
  typed: ({ check }) => check && ((given, node) => check(String(given), node)),
  /** A node that is always needed, or never, is checked by Node-RED, unless the field has a check of its own. */
  config: ({ required, reason, unusable = reason, check }) =>
    (check || typeof required === 'object') &&
    ((given, node, holds) => {
      if (!given || given === '_ADD_')
        return typeof required === 'object' && holds(required) ? [reason] : undefined;
      const chosen = RED.nodes.node(given);
      return chosen && chosen.valid !== false ? check?.(given, node, holds) : [unusable];
    }),
};

function isInRange({ least = -Infinity, most = Infinity, above = -Infinity, whole, optional }, given) {
  const text = String(given).trim();
  if (text === '') return optional === true;
  const value = Number(text);
  return value >= least && value <= most && value > above && (!whole || Number.isInteger(value));
}

function rangeOf({ least, most, above, whole, optional }) {
  const range = above !== undefined ? 'above' : most === undefined ? 'least' : 'between';
  const key = `expected.${whole ? 'whole.' : 'number.'}${range}${optional ? 'OrEmpty' : ''}`;
  return [key, { least, most, above }];
}
