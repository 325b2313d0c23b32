/* Figures about a role, in words. */
import { element, setText } from '../elements.mjs';
import { notice } from '../notice.mjs';
import { bytes, count, decimal, duration, percent, text } from '../words.mjs';
import { Section } from './section.mjs';

export class FactsSection extends Section {
  parts = ['status', 'task', 'curve', 'windows', 'federated', 'figures'];
  #list = element('dl.ftte-facts');
  #meter = element('meter.ftte-meter', { min: '0', 'aria-label': text('fact.buffer') });
  /** The elements that have the values, by name of the fact. */
  #values = new Map();

  constructor(session) {
    super('facts', session);
    this.root.append(this.#list);
  }

  draw(role) {
    const facts = role.kind === 'coordinator' ? coordinatorFacts(role) : participantFacts(role);
    const names = facts.map(([name]) => name);
    if (names.join() !== [...this.#values.keys()].join()) this.#create(names);
    for (const [name, value] of facts) {
      if (typeof value === 'string') setText(this.#values.get(name), value);
      else this.#showNotice(this.#values.get(name), value);
    }
    const { buffered, bufferSize } = role.status;
    this.#meter.max = Math.max(1, bufferSize ?? 1);
    this.#meter.value = buffered ?? 0;
  }

  #showNotice(target, { code, detail, cause }) {
    const key = `${code} ${cause} ${detail}`;
    if (target.dataset.notice === key) return;
    target.dataset.notice = key;
    target.replaceChildren(notice(code, detail, undefined, cause));
  }

  #create(names) {
    this.#values = new Map(names.map((name) => [name, element('span')]));
    this.#list.replaceChildren(
      ...names.flatMap((name) => [
        element('dt', {}, text(`fact.${name}`)),
        element('dd', {}, ...(name === 'buffer' ? [this.#meter, ' '] : []), this.#values.get(name)),
      ]),
    );
  }
}

function coordinatorFacts({ status, task, curve, windows, federated, figures }) {
  const {
    buffered,
    bufferSize,
    heldOut,
    accepted,
    refused,
    leader,
    problem,
    problemCode,
    problemCause,
    protection,
  } = status;
  const sum = (column) => column.reduce((total, value) => total + (value ?? 0), 0);
  const recent = curve.durationMs.slice(-20);
  const facts = [
    // More wait than make a version while a coordinator is paused.
    ['buffer', text(buffered > bufferSize ? 'bufferOver' : 'bufferOf', { buffered, size: bufferSize })],
    ['task', taskText(task)],
    ...qualityFacts(heldOut, windows, federated),
    ...figureFacts(figures ?? {}),
    ['updates', text('updatesOf', { accepted: count(accepted), refused: count(refused) })],
  ];
  if (protection) facts.push(['protection', protectionText(protection)]);
  if (leader) facts.push(['leader', leader]);
  if (recent.length > 0) {
    const bytesUp = sum(curve.updateBytes.slice(-20)) / recent.length;
    const bytesDown = sum(curve.patchBytes.slice(-20)) / recent.length;
    const words = {
      up: bytes(Math.round(bytesUp)),
      down: bytes(Math.round(bytesDown)),
      time: duration(sum(recent) / recent.length),
    };
    facts.push(['perVersion', text('perVersionOf', words)]);
  }
  if (problem) facts.push(['problem', { code: problemCode, detail: problem, cause: problemCause }]);
  return facts;
}

/** The task in words; a region has none before the federation above has sent it. */
function taskText(task) {
  if (!task) return text('missing.noTask');
  const { name, kind, parameters } = task;
  return text('taskOf', { name, kind: text(`kind.${kind}`), parameters: count(parameters) });
}

/** The protection against hostile gateways now, in the words of the task dialog and of what `trust` does. */
function protectionText({ kind, because, stage }) {
  if (because) return text(`protection.${kind}-${because}`);
  return text(stage ? `protection.trust-${stage}` : `protection.${kind}`);
}

/** On what versions are measured: held-out windows here, at the gateways, or neither. */
function qualityFacts(heldOut, windows, federated) {
  const facts = [];
  if (heldOut > 0)
    facts.push(['heldOut', text('heldOutOf', { windows: count(heldOut), measured: count(windows ?? 0) })]);
  if (federated) {
    const { gateways, windows: measured, balancedAccuracy, interval = [], loss, from, to } = federated;
    const versions = text(from === to ? 'ofVersion' : 'ofVersions', { first: from, last: to });
    const words = { gateways, windows: count(measured), versions };
    const value =
      balancedAccuracy === undefined
        ? text('federatedLossOf', { ...words, loss: decimal(loss) })
        : text('federatedOf', {
            ...{ ...words, accuracy: decimal(balancedAccuracy) },
            ...{ from: decimal(interval[0]), to: decimal(interval[1]) },
          });
    facts.push(['federated', value]);
  }
  return facts.length > 0 ? facts : [['heldOut', text('missing.noHeldOut')]];
}

/** Figures of the newest measurement that have no curve. */
function figureFacts({ skill, people, worstTenth, detection }) {
  const known = (value) => value !== undefined && value !== null;
  const facts = [];
  if (known(worstTenth))
    facts.push(['worstTenth', text('worstTenthOf', { value: decimal(worstTenth), people })]);
  if (known(skill)) facts.push(['skill', text('skillOf', { value: decimal(skill) })]);
  if (detection) {
    const { rate, interval, falseAlarms } = detection;
    const [from, to] = [percent(interval.low), percent(interval.high)];
    const words = { rate: percent(rate), alarms: percent(falseAlarms), from, to };
    facts.push(['detection', text('detectionOf', words)]);
  }
  return facts;
}

function participantFacts({ status, task }) {
  const {
    version,
    samples,
    rounds,
    outbox,
    budgetBytes,
    trainedShare,
    labels,
    unlabelledWindows,
    refusedWindows,
    problem,
    problemCode,
    problemCause,
  } = status;
  const byLabel = Object.entries(labels ?? {}).map(([label, held]) => `${label} ${count(held)}`);
  const facts = [
    ['version', String(version)],
    [
      'task',
      task
        ? text('gatewayTaskOf', { name: task.name, kind: text(`kind.${task.kind}`) })
        : text('missing.noTask'),
    ],
    ['samples', samples > 0 ? count(samples) : text('missing.noSamples')],
    ['labels', byLabel.join(', ') || '–'],
    ['rounds', count(rounds)],
    ['waiting', count(outbox)],
    [
      'budget',
      trainedShare === null
        ? bytes(budgetBytes)
        : text('budgetOf', { budget: bytes(budgetBytes), share: percent(trainedShare) }),
    ],
  ];
  if (unlabelledWindows > 0) facts.push(['unlabelled', count(unlabelledWindows)]);
  if (refusedWindows > 0) facts.push(['refused', count(refusedWindows)]);
  if (problem) facts.push(['problem', { code: problemCode, detail: problem, cause: problemCause }]);
  return facts;
}
