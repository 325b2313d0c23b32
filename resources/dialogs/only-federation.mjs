/*
 * The only federation there is, is taken by itself: by a node from the palette, and by nodes that have none yet when the
 * first one is made. A coordinator that is put into a Node-RED without a federation brings one, which is hosted here.
 */

const RED = window.RED;
const type = 'ftte-federation';

/** Takes the only federation for a node that was just put on the flow. */
export function takeOnly(node) {
  if (node.federation) return;
  const all = federations(node.z);
  if (all.length === 1) node.federation = all[0].id;
  else if (all.length === 0 && node.type === 'ftte-coordinate') node.federation = makeOne().id;
}

/** Gives nodes without a federation the one that was made, if it is the only one. */
export function giveToOthers(id) {
  const changed = [];
  RED.nodes.eachNode((node) => {
    if (!needsOne(node)) return;
    const all = federations(node.z);
    if (all.length !== 1 || all[0].id !== id) return;
    node.federation = id;
    node.changed = true;
    node.dirty = true;
    changed.push(node);
  });
  for (const node of changed) {
    RED.nodes.updateConfigNodeUsers(node, { action: 'add' });
    RED.editor.validateNode(node);
  }
  if (changed.length > 0) RED.view.redraw();
}

const needsOne = (node) =>
  /^ftte-(window|train|predict|coordinate)$/.test(node.type) && !node.federation && node.shape !== 'own';

/** Federations that a node of a flow can use. */
function federations(z) {
  const all = [];
  RED.nodes.eachConfig((node) => {
    if (node.type === type && !node.d && (!node.z || node.z === z)) all.push(node);
  });
  return all;
}

/** A federation as its dialog makes one: hosted in this Node-RED, for this machine alone. */
function makeOne() {
  const definition = RED.nodes.getType(type);
  const node = {
    id: RED.nodes.id(),
    _def: definition,
    type,
    z: '',
    users: [],
    changed: true,
    _: definition._,
  };
  for (const [name, { value }] of Object.entries(definition.defaults)) node[name] = structuredClone(value);
  node.membership = 'open';
  node.credentials = {};
  RED.nodes.add(node);
  RED.editor.validateNode(node);
  // The coordinator itself is not on the flow yet.
  setTimeout(() => giveToOthers(node.id));
  return node;
}
