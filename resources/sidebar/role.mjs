/* What the sidebar knows about a role, and how messages of the runtime change it. */

/** Most points of a curve here: when there are more, every second one of the older half is dropped. */
const mostPoints = 6000;
const mostEvents = 100;

/** A role of a snapshot. Gateways are kept by id. */
export function roleOf(snapshot) {
  return {
    ...snapshot,
    gateways: new Map((snapshot.gateways ?? []).map((gateway) => [gateway.id, gateway])),
    isRunning: true,
  };
}

/** Applies the parts that have changed. Applying them twice does no harm. @returns the names of what is different */
export function applyChanges(role, parts) {
  const { points, newEvents, changedGateways = [], goneGateways = [], ...whole } = parts;
  const names = Object.keys(whole);
  Object.assign(role, whole);
  if (points) {
    append(role.curve, points, role.kind === 'coordinator' ? 'version' : 'round');
    names.push('curve');
  }
  if (newEvents) {
    const sequences = new Set(newEvents.map((event) => event.sequence));
    const isReplaced = ({ code, text, sequence }) =>
      sequences.has(sequence) || newEvents.some((event) => event.code === code && event.text === text);
    role.events = [...role.events.filter((event) => !isReplaced(event)), ...newEvents].slice(-mostEvents);
    names.push('events');
  }
  for (const gateway of changedGateways) role.gateways.set(gateway.id, gateway);
  for (const id of goneGateways) role.gateways.delete(id);
  if (changedGateways.length + goneGateways.length > 0) names.push('gateways');
  return names;
}

/** Adds the points that are newer than those that are there. */
function append(curve, points, key) {
  const newest = curve[key].at(-1) ?? -1;
  const from = points[key].findIndex((value) => value > newest);
  if (from < 0) return;
  eachColumn(curve, points, (column, added) => column.push(...added.slice(from)));
  if (curve[key].length <= mostPoints) return;
  const half = mostPoints / 2;
  eachColumn(curve, curve, (column) => {
    const thinned = column.filter((_, i) => i >= half || i % 2 === 0);
    column.splice(0, column.length, ...thinned);
  });
}

function eachColumn(curve, points, action) {
  for (const key of Object.keys(curve)) {
    if (Array.isArray(curve[key])) action(curve[key], points[key] ?? []);
    else eachColumn(curve[key], points[key] ?? {}, action);
  }
}
