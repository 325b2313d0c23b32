/* Elements of the page without markup in texts: what comes from the runtime is never read as HTML. */

/**
 * An element.
 * @param tag with classes, such as `div.ftte-row`
 * @param attributes `on` has listeners by event; undefined and false leave an attribute out
 */
export function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const made = document.createElement(name);
  if (classes.length > 0) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'on')
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

/** An icon that screen readers pass over. */
export const icon = (name) => element(`i.fa.fa-${name}`, { 'aria-hidden': 'true' });

/** A button as the editor has them. */
export const button = (name, label, onClick, more = {}) =>
  element(
    'button.red-ui-button.red-ui-button-small',
    { type: 'button', on: { click: onClick }, ...more },
    icon(name),
    ' ',
    element('span', {}, label),
  );

/** Sets the text of an element if it is another, so that nothing is drawn or read aloud in vain. */
export function setText(target, text) {
  const node = target.firstChild;
  // Other text in the node that is there costs the browser less than a new node.
  if (text !== '' && node instanceof Text && !node.nextSibling) {
    if (node.data !== text) node.data = text;
  } else if (target.textContent !== text) target.textContent = text;
}

/** Sets an attribute of an element if it is another; undefined leaves it out. */
export function setAttribute(target, name, value) {
  if (value === undefined || value === null) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** Shows or hides an element. */
export function setShown(target, isShown) {
  if (target.hidden === isShown) target.hidden = !isShown;
}
