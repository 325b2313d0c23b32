/* The conversation with the runtime while the sidebar is shown: everything at first, then what changes. */
import { reasonOf } from '../dialogs/words.mjs';
import { applyChanges, roleOf } from './role.mjs';
import { text } from './words.mjs';

const $ = window.$;
const RED = window.RED;
const topic = 'ftte/live';

/** Names this editor for the runtime; another window of the same browser is another editor. */
const editor = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
  byte.toString(16).padStart(2, '0'),
).join('');

const post = (url, body) =>
  $.ajax({ url, method: 'POST', contentType: 'application/json', data: JSON.stringify(body) });

/** Why the runtime has refused an action. Which versions are stored is for the sidebar to say, and not for a dialog to mend. */
function refusalOf(answer, version) {
  const { stored } = answer.responseJSON ?? {};
  return stored === undefined ? reasonOf(answer) : text('rollback.gone', { version, stored: stored || '–' });
}

/** Has a role do something. @returns a promise of the runtime's answer, which is rejected with a text for a person */
export const act = (id, action, version) =>
  new Promise((resolve, reject) => {
    post(`ftte/sidebar/${encodeURIComponent(id)}/action`, { action, version })
      .done(resolve)
      .fail((answer) =>
        reject(
          [401, 403].includes(answer.status)
            ? 'forbidden'
            : answer.status === 404
              ? 'stopped'
              : refusalOf(answer, version),
        ),
      );
  });

/** The published model of a coordinator as a Blob. @returns a promise, which is rejected if there is none */
export const model = (id) =>
  new Promise((resolve, reject) => {
    $.ajax({ url: `ftte/sidebar/${encodeURIComponent(id)}/model`, xhrFields: { responseType: 'blob' } })
      .done(resolve)
      .fail(() => reject(''));
  });

export class Session {
  /** Roles by id, those included that have stopped since. */
  roles = new Map();
  /** 'loading', 'live', or 'lost': the runtime does not answer. */
  state = 'loading';
  /** Time by which the clock of the runtime is ahead of the browser's, ms. */
  clockAheadMs = 0;
  #isOpen = false;
  #renewal;
  #onChange;

  /** @param onChange called with the id of a role and the names of what has changed; without them, everything may have */
  constructor(onChange) {
    this.#onChange = onChange;
    // The subscriptions come back by themselves; what was published meanwhile does not.
    RED.comms.on?.('connect', () => this.#isOpen && this.#load());
  }

  /** Time of the runtime. */
  get nowMs() {
    return Date.now() + this.clockAheadMs;
  }

  open() {
    if (this.#isOpen) return;
    this.#isOpen = true;
    RED.comms.subscribe(topic, this.#receive);
    this.#load();
  }

  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#renewal);
    RED.comms.unsubscribe(topic, this.#receive);
    post('ftte/sidebar/watch', { editor, shown: false });
  }

  #load() {
    clearTimeout(this.#renewal);
    post('ftte/sidebar', { editor })
      .done(({ roles, nowMs, watchMs }) => {
        if (!this.#isOpen) return;
        this.clockAheadMs = nowMs - Date.now();
        const loaded = new Map(roles.map((snapshot) => [snapshot.id, roleOf(snapshot)]));
        const stopped = [...this.roles].filter(([id]) => !loaded.has(id) && RED.nodes.node(id));
        for (const [, role] of stopped) role.isRunning = false;
        this.roles = new Map([...loaded, ...stopped]);
        this.state = 'live';
        this.#renewLater(watchMs / 3);
        this.#onChange();
      })
      .fail(() => this.#lost());
  }

  #renewLater(delayMs) {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      post('ftte/sidebar/watch', { editor, shown: true })
        .done(() => this.#isOpen && this.#renewLater(delayMs))
        .fail(() => this.#lost());
    }, delayMs);
  }

  #lost() {
    if (!this.#isOpen) return;
    this.state = 'lost';
    this.#onChange();
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => this.#load(), 5000);
  }

  #receive = (_topic, { ids, begun, nowMs, changes }) => {
    this.clockAheadMs = nowMs - Date.now();
    for (const [id, role] of this.roles) {
      const isRunning = ids.includes(id);
      // One that has begun is loaded whole.
      if (role.isRunning === isRunning || begun.includes(id)) continue;
      role.isRunning = isRunning;
      this.#onChange(id, ['isRunning']);
    }
    if (begun.length > 0 || ids.some((id) => !this.roles.has(id))) return this.#load();
    for (const [id, parts] of Object.entries(changes)) {
      const role = this.roles.get(id);
      if (role) this.#onChange(id, applyChanges(role, parts));
    }
  };
}
