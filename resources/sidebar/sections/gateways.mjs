/* The gateways of a coordinator. */
import { sentenceOf } from '../../dialogs/words.mjs';
import { element, setShown, setText } from '../elements.mjs';
import { PagedTable } from '../paged-table.mjs';
import { ago, bytes, count, decimal, duration, lookText, percent, text } from '../words.mjs';
import { Section } from './section.mjs';

/** Time without an update after which a gateway is said to send none, at least; it is more if it is usually slow. */
const silentMs = 60_000;

/** The columns in the order of what people look for: a narrow sidebar shows the first three or four. */
const order = [
  'gateway',
  'loss',
  'updates',
  'online',
  'samples',
  'age',
  'trains',
  'bytes',
  'budget',
  'waiting',
  'why',
];
/** The same while a gateway stands still: why is the first thing to know about it. */
const orderWithReason = ['gateway', 'why', ...order.slice(1, -1)];

export class GatewaysSection extends Section {
  kinds = ['coordinator'];
  parts = ['gateways', 'local', 'status', 'time'];
  #hint = element('p.ftte-hint');
  #table;
  #role;

  constructor(session) {
    super('gateways', session);
    this.#table = new PagedTable(this.#columns(), text('section.gateways'));
    this.#table.root.classList.add('ftte-gateways');
    this.root.append(this.#hint, this.#table.root);
  }

  draw(role) {
    this.#role = role;
    const { online, known } = role.status;
    const rows = [...role.gateways.values()];
    const words = { online, known, shown: rows.length };
    const key = known === 0 ? 'missing.noGateways' : rows.length < known ? 'someGateways' : 'allGateways';
    setText(this.#hint, text(key, words));
    // Nobody knows who is online while the coordinator does not work.
    setShown(this.#hint, role.isRunning);
    setShown(this.#table.root, rows.length > 0);
    const local = new Map(
      [...this.session().roles.values()]
        .filter(
          ({ kind, federation, isRunning }) =>
            kind === 'participant' && federation === role.federation && isRunning,
        )
        .map((participant) => [participant.gateway, participant]),
    );
    const shown = rows.map((row) => ({ ...row, local: local.get(row.id) }));
    for (const row of shown) row.reason = this.#reason(row);
    this.#table.arrange(shown.some(({ reason }) => reason !== '') ? orderWithReason : order);
    this.#table.show(shown);
  }

  #columns() {
    const ofLast = (key, format) => ({
      cell: ({ last }) => format(last?.[key]),
      sort: ({ last }) => last?.[key],
    });
    const columns = {
      gateway: { cell: ({ id }) => id, hint: ({ id }) => id, sort: ({ id }) => id },
      online: {
        cell: (row) => this.#presence(row),
        sort: ({ online, lastHeardMs }) => (online ? Infinity : lastHeardMs),
      },
      why: {
        isWide: true,
        cell: ({ reason }) => reason,
        hint: ({ refuses }) => refuses,
        sort: ({ reason }) => reason,
      },
      updates: {
        cell: ({ contributions }) => count(contributions),
        sort: ({ contributions }) => contributions,
      },
      samples: {
        cell: ({ last, local }) => samplesOf(last, local),
        sort: ({ last, local }) => local?.status.samples ?? last?.samples,
      },
      age: ofLast('age', (age) => (age === undefined ? '–' : String(age))),
      budget: { cell: ({ budgetBytes }) => bytes(budgetBytes), sort: ({ budgetBytes }) => budgetBytes },
      trains: ofLast('trainedShare', percent),
      bytes: ofLast('bytes', bytes),
      loss: {
        cell: ({ last }) => (last ? `${decimal(last.lossBefore)} → ${decimal(last.lossAfter)}` : '–'),
        sort: ({ last }) => last?.lossAfter,
      },
      waiting: {
        cell: ({ local }) => (local ? count(local.status.outbox) : '–'),
        sort: ({ local }) => local?.status.outbox,
      },
    };
    return order.map((key) => ({
      ...{ key, label: text(`column.${key}`), title: text(`columnHint.${key}`) },
      ...columns[key],
    }));
  }

  #presence({ online, lastHeardMs }) {
    if (online) return this.#role.isRunning ? text('online') : '–';
    return lastHeardMs > 0 ? ago(this.session().nowMs - lastHeardMs) : text('neverSeen');
  }

  /** Why a gateway adds nothing to the model now; empty if it does. */
  #reason({ refuses, quarantine, isOnProbation, online, last, local, contributions }) {
    if (!this.#role.isRunning) return '';
    if (refuses) return sentenceOf('task-refused') || refuses;
    if (quarantine)
      return text(quarantine.times > 1 ? 'why.quarantinedAgain' : 'why.quarantined', quarantine);
    if (isOnProbation) return text('why.probation');
    const isPaused = this.#role.status.phase === 'paused';
    // A gateway of this Node-RED knows of the pause, too, in fewer words.
    const isOther = !isPaused || !local?.look?.key.endsWith('-aggregation');
    if (isOther && ['yellow', 'red'].includes(local?.look?.fill)) return lookText('participant', local.look);
    if (!online) return text('why.offline');
    if (isPaused) return text('why.paused');
    if (!last) return contributions > 0 ? '' : text('why.noUpdate');
    const silent = this.session().nowMs - last.timeMs;
    return silent > silentMs ? text('why.silent', { time: duration(silent) }) : '';
  }
}

function samplesOf(last, local) {
  const held = local?.status.samples;
  const labels = Object.keys(local?.status.labels ?? {}).length;
  if (held !== undefined)
    return labels > 0 ? text('samplesOfLabels', { samples: count(held), labels }) : count(held);
  return last ? text('samplesTrained', { samples: count(last.samples) }) : '–';
}
