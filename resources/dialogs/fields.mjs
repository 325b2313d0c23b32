/*
 * Fields of a node, described once: as a part of a row (see rows.mjs), with the default and the check of its setting.
 *   value     of a new node
 *   label, icon   of the row; the label is the field's own name if nothing else is said
 *   least, most, above, whole   of a number
 *   optional  a number may be left empty
 *   required  true, or a condition: the field needs a value
 *   reason, unusable   of a configuration node: keys of what is wrong if none is chosen, and if the chosen one is missing or has
 *             mistakes itself
 *   check     of a text or a configuration node: (value, node, holds) gives undefined, or key and values of what is wrong
 *   expert    only the expert view shows the field; its chooser, if it has one, is such a field, too
 *   own       false for a field of the dialog alone, which is no setting
 */

export const number = (id, value, more) => ({ id, kind: 'number', value, ...more });
export const text = (id, more) => ({ id, kind: 'text', value: '', wide: true, ...more });
/** The first option is the default. */
export const choice = (id, options, more) => ({
  id,
  kind: 'choice',
  value: options[0],
  options,
  group: id,
  wide: true,
  ...more,
});
export const flag = (id, value, more) => ({ id, kind: 'flag', value, wide: true, ...more });
/** A field of the editor's own kind, beside a field `<id>Type`. The first type is the default. */
export const typed = (id, types, more) => ({ id, kind: 'typed', value: '', types, wide: true, ...more });
/** A type of a typed field that is a word instead of a value. */
export const word = (value, label) => ({ value, label, hasValue: false });
/** A choice of a config node. */
export const config = (id, type, more) => ({ id, kind: 'config', value: '', type, wide: true, ...more });
export const federation = (more) => config('federation', 'ftte-federation', { icon: 'share-alt', ...more });
/** A secret, or what goes with one: the editor stores it apart from the flow. */
export const credential = (id, type, more) => ({
  id,
  kind: type,
  wide: true,
  own: false,
  ...more,
});
/** Words in a row of their own: of a key, or those that the dialog puts there. */
export const tip = (id, more) => ({ id, kind: 'tip', own: false, ...more });
