/* The whole of the sidebar: the choice of a role, and the sections about it. */
import { element, setShown, setText } from './elements.mjs';
import { ActionsSection } from './sections/actions.mjs';
import { ConfusionSection } from './sections/confusion.mjs';
import { CurveSection } from './sections/curve.mjs';
import { EventsSection } from './sections/events.mjs';
import { FactsSection } from './sections/facts.mjs';
import { GatewaysSection } from './sections/gateways.mjs';
import { Session } from './session.mjs';
import { standstillOf } from './standstill.mjs';
import { lookText, text } from './words.mjs';

/** The sections in their order. Each says for which kinds of role it is, for which of them if not all, and from which parts it is drawn. */
const sectionTypes = [
  ActionsSection,
  CurveSection,
  GatewaysSection,
  ConfusionSection,
  FactsSection,
  EventsSection,
];

export class View {
  #session = new Session((id, names) => this.#changed(id, names));
  #chosen = '';
  #dirty = new Set();
  #frame = 0;
  #choice = element('select', {
    id: 'ftte-role',
    'aria-label': text('choose'),
    on: { change: () => this.#choose(this.#choice.value) },
  });
  #state = element('div.ftte-state', { role: 'status' });
  #dot = element('span.ftte-dot', { 'aria-hidden': 'true' });
  #status = element('span.ftte-status');
  #empty = element('div.ftte-empty');
  #head;
  #sections;
  #clock;

  constructor(root) {
    this.#head = element(
      'div.ftte-head',
      {},
      this.#choice,
      element('div', { role: 'status' }, this.#dot, this.#status),
    );
    this.#sections = sectionTypes.map((Section) => new Section(() => this.#session));
    root.append(this.#state, this.#empty, this.#head, ...this.#sections.map(({ root }) => root));
    this.#drawAll();
  }

  open() {
    for (const section of this.#sections) section.open?.();
    this.#session.open();
    // Times such as "20 s ago" become longer by themselves.
    this.#clock = setInterval(() => this.#changed(this.#chosen, ['time']), 10_000);
  }

  close() {
    clearInterval(this.#clock);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#session.close();
    for (const section of this.#sections) section.close?.();
  }

  #changed(id, names) {
    if (id === undefined) this.#dirty.add('all');
    else if (id === this.#chosen) for (const name of names) this.#dirty.add(name);
    // A coordinator's table shows what is known here about its gateways.
    else if (this.#session.roles.get(id)?.kind === 'participant') this.#dirty.add('local');
    if (names?.includes('isRunning')) this.#dirty.add('all');
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#drawChanges());
  }

  #choose(id) {
    this.#chosen = id;
    this.#drawAll();
  }

  #drawChanges() {
    this.#frame = 0;
    const names = this.#dirty;
    this.#dirty = new Set();
    if (names.has('all')) this.#drawAll();
    else this.#draw(names);
  }

  #drawAll() {
    const roles = [...this.#session.roles.values()];
    if (!this.#session.roles.has(this.#chosen)) this.#chosen = roles[0]?.id ?? '';
    const { state } = this.#session;
    setText(this.#state, state === 'live' ? '' : text(`state.${state}`));
    setShown(this.#state, state !== 'live');
    setShown(this.#empty, state === 'live' && roles.length === 0);
    setText(this.#empty, text('noRoles'));
    setShown(this.#head, roles.length > 0);
    this.#drawChoice(roles);
    this.#draw(undefined);
  }

  #drawChoice(roles) {
    const options = roles.map((role) => [role.id, titleOf(role)]);
    const drawn = [...this.#choice.options].map(({ value, text: title }) => [value, title]);
    if (JSON.stringify(options) !== JSON.stringify(drawn))
      this.#choice.replaceChildren(...options.map(([value, title]) => element('option', { value }, title)));
    this.#choice.value = this.#chosen;
  }

  /** @param names of the parts that have changed; undefined: all */
  #draw(names) {
    const role = this.#session.roles.get(this.#chosen);
    for (const section of this.#sections) {
      const isFor =
        role !== undefined && section.kinds.includes(role.kind) && (section.isFor?.(role) ?? true);
      setShown(section.root, isFor);
      if (isFor && (!names || section.parts.some((part) => names.has(part)))) section.draw(role);
    }
    if (!role) return;
    const { look, isRunning } = role;
    this.#dot.className = `ftte-dot ftte-${isRunning ? (look?.fill ?? 'grey') : 'grey'}`;
    setText(this.#status, isRunning ? headline(role) : standstillOf(role.id));
  }
}

function titleOf({ kind, federation, gateway, name }) {
  const title = text(`title.${kind}`, { federation, gateway });
  return name ? `${title} (${name})` : title;
}

/** The status of the node; while a coordinator makes versions or is paused, and if a port is taken, in longer words than fit below a node. */
function headline({ kind, look, status }) {
  const isAtWork = kind === 'coordinator' && ['version', 'accuracy', 'error'].includes(look?.key);
  const { version, online, known, buffered } = status;
  if (kind === 'coordinator' && look?.key === 'paused') return text('pausedAt', { version, buffered });
  if (look?.key === 'broker-port-taken') return text('portTaken');
  if (!isAtWork) return lookText(kind, look);
  return text('atWork', { version, online, known });
}
