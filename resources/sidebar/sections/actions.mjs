/* What a person can have a role do. */
import { button, element, setShown, setText } from '../elements.mjs';
import { act, model } from '../session.mjs';
import { standstillOf } from '../standstill.mjs';
import { text } from '../words.mjs';

const RED = window.RED;

/** Words of a failure for which there is no reason of the runtime. */
const known = { forbidden: 'outcome.forbidden', '': 'outcome.unanswered' };

export class ActionsSection {
  kinds = ['coordinator', 'participant'];
  parts = ['status', 'isRunning', 'best'];
  #buttons = {};
  #role;
  /** The role and its run that question and answer are about. */
  #about = '';
  /** The newest action: the answer to an earlier one is not shown. */
  #newest;
  #outcome = element('p.ftte-hint', { role: 'status' });
  #version = element('select', { id: 'ftte-rollback-version' });
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
    this.#role = role;
    const about = [role.id, role.run, role.isRunning].join();
    if (about !== this.#about) {
      this.#newest = undefined;
      this.#say('');
      setShown(this.#question, false);
    }
    this.#about = about;
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

  #say(words, hasFailed = false) {
    this.#outcome.classList.toggle('ftte-failed', hasFailed);
    setText(this.#outcome, words);
  }

  #act(action, version) {
    return this.#answered(action, () => act(this.#role.id, action, version));
  }

  /** Does an action, and says how it ended unless something else has been asked for or the role has stopped meanwhile. */
  async #answered(action, request) {
    const own = {};
    const { id } = this.#role;
    this.#newest = own;
    this.#say(text('outcome.working'));
    const [words, hasFailed] = await request().then(
      (answer) => [text(`outcome.${action === 'apply' && !answer.isNewVersion ? 'nothing' : action}`), false],
      (reason) => [
        reason === 'stopped' ? standstillOf(id) : known[reason] ? text(known[reason]) : reason,
        true,
      ],
    );
    if (this.#newest === own) this.#say(words, hasFailed);
  }

  #ask() {
    this.#newest = undefined;
    const { best, status } = this.#role;
    const earlier = (status.stored ?? []).filter((version) => version !== status.version).reverse();
    this.#say(earlier.length > 0 ? '' : text('rollback.none'));
    if (earlier.length === 0) return;
    this.#version.replaceChildren(
      ...earlier.map((version) =>
        element(
          'option',
          { value: String(version), selected: version === best?.version },
          version === best?.version ? text('best', { version }) : String(version),
        ),
      ),
    );
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
    this.#answer();
    this.#act('rollback', Number(this.#version.value));
  }

  #export() {
    const { id, federation, status } = this.#role;
    return this.#answered('export', async () => {
      const url = URL.createObjectURL(await model(id));
      element('a', { href: url, download: `${federation}-v${status.version}.zip` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    });
  }
}
