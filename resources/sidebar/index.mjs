/* The sidebar "Federated learning" of the editor. Its parts are loaded when it is shown for the first time. */
const $ = window.$;
const RED = window.RED;
const here = (name) => new URL(name, import.meta.url).href;
const text = (key) => RED._(`@ftte/node-red-ftte/ftte-sidebar:ftte-sidebar.${key}`);

const content = $('<div class="ftte-sidebar">');
let view;
let isShown = false;

async function show(shown) {
  if (shown === isShown) return;
  isShown = shown;
  if (!view && shown) {
    for (const name of ['sidebar.css', '../vendor/uplot.css'])
      $('<link rel="stylesheet">').attr('href', here(name)).appendTo('head');
    view = import('./view.mjs').then(({ View }) => new View(content[0]));
  }
  const made = await view;
  if (isShown) made?.open();
  else made?.close();
}

/** Another tab, a closed sidebar and a hidden window all mean that nobody looks. */
let isInPlace = false;
const check = () => show(isInPlace && document.visibilityState === 'visible');
new IntersectionObserver((entries) => {
  isInPlace = entries.at(-1).isIntersecting;
  check();
}).observe(content[0]);
document.addEventListener('visibilitychange', check);

RED.sidebar.addTab({
  id: 'ftte',
  label: text('label'),
  name: text('name'),
  iconClass: 'fa fa-share-alt',
  content,
  enableOnEdit: true,
  action: 'ftte:show-sidebar',
});
RED.actions.add('ftte:show-sidebar', () => RED.sidebar.show('ftte'));
