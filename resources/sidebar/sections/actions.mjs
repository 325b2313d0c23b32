/* What a person can have a role do. */
import { button, element, setShown, setText } from '../elements.mjs';
import { act, model } from '../session.mjs';
import { text } from '../words.mjs';

const RED = window.RED;

export class ActionsSection {
  kinds = ['coordinator', 'participant'];
  parts = ['status', 'isRunning', 'best'];
  #buttons = {};
  #role;
  #outcome = element('p.ftte-hint', { role: 'status' });
  #version = element('input', { type: 'number', min: '0', step: '1', id: 'ftte-rollback-version' });
  #question = element('form.ftte-question', {
    on: { submit: (event) => this.#rollBack(event), keydown: (event) => this.#onKey(event) },
  });

  constructor() {
    const make = (name, iconName, onClick) => {
      this.#buttons[name] = button(iconName, text(`action.${name}`), onClick, { id: `ftte-action-${name}` });
    };
    make('apply', 'forward', () => this.#act('apply'));
    make('train', 'play-circle', () => this.#act('train'));
    make('pause', 'pause', () => this.#act('pause'));
    make('resume', 'play', () => this.#act('resume'));
    make('rollback', 'history', () => this.#ask());
    make('checkpoint', 'floppy-o', () => this.#act('checkpoint'));
    make('export', 'download', () => this.#export());
    this.#question.append(
      element('label', { for: 'ftte-rollback-version' }, text('rollback.question')),
      this.#version,
      element(
        'button.red-ui-button.red-ui-button-small',
        { type: 'submit', id: 'ftte-rollback-confirm' },
        text('rollback.confirm'),
      ),
      element(
        'button.red-ui-button.red-ui-button-small',
        { type: 'button', on: { click: () => this.#answer() } },
        text('rollback.cancel'),
      ),
    );
    setShown(this.#question, false);
    const bar = element(
      'div.ftte-actions',
      { role: 'toolbar', 'aria-label': text('section.actions') },
      ...Object.values(this.#buttons),
    );
    this.root = element('div.ftte-section', {}, bar, this.#question, this.#outcome);
  }

  draw(role) {
    if (role.id !== this.#role?.id) {
      setText(this.#outcome, '');
      setShown(this.#question, false);
    }
    this.#role = role;
    const isCoordinator = role.kind === 'coordinator';
    const isPaused = role.status.phase === 'paused';
    const shown = {
      apply: isCoordinator,
      train: !isCoordinator,
      pause: !isPaused,
      resume: isPaused,
      rollback: isCoordinator,
      checkpoint: isCoordinator,
      export: isCoordinator,
    };
    const mayChange = RED.user.hasPermission('ftte.write');
    for (const [name, each] of Object.entries(this.#buttons)) {
      setShown(each, shown[name]);
      each.disabled = !role.isRunning || (name !== 'export' && !mayChange);
    }
  }

  async #act(action, version) {
    setText(this.#outcome, text('outcome.working'));
    this.#outcome.classList.remove('ftte-failed');
    try {
      await act(this.#role.id, action, version);
      setText(this.#outcome, text(`outcome.${action}`));
    } catch (reason) {
      this.#failed(reason);
    }
  }

  #failed(reason) {
    this.#outcome.classList.add('ftte-failed');
    const known = { forbidden: 'outcome.forbidden', stopped: 'stopped', '': 'outcome.unanswered' };
    setText(this.#outcome, known[reason] ? text(known[reason]) : reason);
  }

  #ask() {
    this.#version.value = this.#role.best?.version ?? '';
    this.#version.placeholder = String(this.#role.status.version);
    setShown(this.#question, true);
    this.#version.focus();
  }

  #answer() {
    setShown(this.#question, false);
    this.#buttons.rollback.focus();
  }

  #onKey(event) {
    // The editor would close something else by it.
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.#answer();
  }

  #rollBack(event) {
    event.preventDefault();
    const version = this.#version.value === '' ? undefined : Number(this.#version.value);
    this.#answer();
    this.#act('rollback', version);
  }

  async #export() {
    const { id, federation, status } = this.#role;
    setText(this.#outcome, text('outcome.working'));
    try {
      const url = URL.createObjectURL(await model(id));
      element('a', { href: url, download: `${federation}-v${status.version}.zip` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      this.#outcome.classList.remove('ftte-failed');
      setText(this.#outcome, text('outcome.export'));
    } catch (reason) {
      this.#failed(reason);
    }
  }
}
