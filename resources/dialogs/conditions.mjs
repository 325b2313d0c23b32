/* Which fields the choices made have a use for. */

/** A condition on a field: something is in it. */
export const filled = Symbol('filled');

/**
 * Conditions of the fields of a dialog: `[field, values]`, or a function of `fieldValue`.
 * @param partOf the field of an id
 * @param fieldValue what the field of an id holds
 * @param isSimple whether fields for experts are hidden
 */
export function conditions(partOf, fieldValue, isSimple = () => false) {
  const holds = (condition) => {
    if (typeof condition === 'function') return condition(fieldValue);
    const [id, values] = condition;
    const value = String(fieldValue(id) ?? '').trim();
    return values === filled ? value !== '' : values.includes(value);
  };
  /** Whether a field belongs to the choices made: one of another choice is neither checked nor read. */
  const applies = ({ of }) => !of || holds(of);
  const isShown = (part) =>
    !(part.expert && isSimple()) &&
    [part.of, part.when].every((condition) => {
      if (!condition) return true;
      const chooser = Array.isArray(condition) && partOf(condition[0]);
      return holds(condition) && (!chooser || isShown(chooser));
    });
  return { holds, applies, isShown };
}

/** Shows the fields that there is a use for, and the rows that have one. */
export function showParts(rows, { isShown }, element) {
  for (const { parts } of rows) {
    const shown = parts.map(isShown);
    parts.forEach(({ id }, i) => {
      element(id).closest('.ftte-part, .ftte-tip').toggle(shown[i]);
    });
    element(parts[0].id).closest('.form-row').toggle(shown.includes(true));
  }
}
