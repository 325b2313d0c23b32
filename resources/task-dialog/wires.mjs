/* Window nodes of the flow as the editor has it, and what leads to them. */
const RED = window.RED;

/** Window nodes that follow a federation: first those of a federation whose coordinator has the task. */
export function windowsOf(task) {
  const windows = [];
  const federations = new Set();
  RED.nodes.eachNode((node) => {
    if (node.type === 'ftte-window' && !node.d && node.shape !== 'own') windows.push(node);
    if (node.type === 'ftte-coordinate' && node.task === task.id) federations.add(node.federation);
  });
  const isOfTask = ({ federation }) => federations.has(federation);
  return [...windows.filter(isOfTask), ...windows.filter((node) => !isOfTask(node))];
}

/** Name of a window node for a person: its own, or those of the nodes that lead to it. */
export function labelOf(node) {
  const label = RED.utils.getNodeLabel(node, node.id);
  if (node.name) return label;
  const sources = RED.nodes.filterLinks({ target: node }).map(({ source }) => source);
  const names = new Set(sources.map((source) => RED.utils.getNodeLabel(source, source.id)));
  return names.size > 0 ? `${[...names].join(', ')} → ${label}` : label;
}

/** The wire for the runtime: the node, the outputs that lead to it, and where a message has label and time. */
export function wireOf(node) {
  const links = RED.nodes.filterLinks({ target: node });
  const pathOf = (name) => (node[`${name}Type`] === 'msg' ? node[name] || name : '');
  return {
    window: node.id,
    outputs: links.slice(0, 64).map(({ source, sourcePort }) => `${source.id}:${sourcePort}`),
    label: pathOf('label'),
    time: pathOf('timestamp'),
  };
}
