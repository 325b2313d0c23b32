/* The tab of privacy: the settings that go with a level, what it costs, and what `auto` protection is then. */
import { count, significant } from '../dialogs/in-language.mjs';
import { bytes, percent } from './numbers.mjs';
import { element } from './row-elements.mjs';

const $ = window.$;

/** Settings that the level of gateways does not go with, and those that it takes in their place. */
const forGateways = {
  variance: { usual: 'gradient', value: 'none' },
  participation: { usual: 'free', value: 'granted' },
  'max-wait': { usual: '', value: '3600' },
};

/** Sets what goes with another level, and puts back what this has set. */
export function levelChanged() {
  const isForGateways = element('privacy-level').val() === 'gateway';
  for (const [id, { usual, value }] of Object.entries(forGateways)) {
    const field = element(id);
    if (isForGateways && field.val() === usual) field.val(value);
    else if (!isForGateways && field.val() === value) field.val(usual);
  }
}

/** The fleet for which the costs are calculated; what is left empty, or is no number, is for the runtime. */
export function fleet() {
  const numberIn = (id) => {
    const words = String(element(id).val()).trim();
    const number = Number(words.replace(',', '.'));
    return words === '' ? undefined : Number.isNaN(number) ? words : number;
  };
  return {
    gateways: numberIn('privacy-gateways'),
    samples: numberIn('privacy-samples'),
    roundsPerDay: numberIn('privacy-per-day'),
  };
}

/** The words behind the fields of the fleet. */
const units = { gateways: 'gateways', samples: 'windowsEach', roundsPerDay: 'roundsADay' };

const inLanguage = (values) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value < 1 ? significant(value, 3) : count(value, 2),
    ]),
  );

/** Hides the costs, which are of other settings than those of the dialog. */
export const hideCosts = () => $('.ftte-task-privacy').empty().hide();

/** Shows what privacy and masks cost. @param costs of the route `ftte/task/preview`; undefined: the task has no privacy */
export function presentCosts(costs, updateBytes, text) {
  const isMasked = element('masked').val() === 'yes';
  const place = $('.ftte-task-privacy')
    .empty()
    .removeAttr('data-accuracy')
    .toggle(costs !== undefined || (isMasked && updateBytes !== undefined));
  const size =
    updateBytes === undefined
      ? []
      : [text(`privacy.${isMasked ? 'maskedBytes' : 'bytes'}`, { bytes: bytes(updateBytes) })];
  const show = (lines) => {
    for (const line of lines) place.append($('<div>').text(line));
  };
  if (!costs) return show(isMasked ? size : []);
  if (costs.impossible) {
    place.text(text('privacy.impossible', inLanguage(costs.impossible))).attr('data-accuracy', 'ruin');
    return;
  }
  if (costs.wrong !== undefined) {
    const { least, most, isWhole, got } = costs;
    const field = text(`unit.${units[costs.wrong]}`);
    const bounds = { field, least: count(least, 3), most: count(most), got };
    place.text(text(`privacy.${isWhole ? 'wrongWhole' : 'wrong'}`, bounds)).attr('data-accuracy', 'ruin');
    return;
  }
  const { level, epsilon, month, days, noise, bufferSize, noiseShare, accuracy, warnings } = costs;
  const isRuinOfGateways = accuracy === 'ruin' && level === 'gateway';
  const short = (value) => significant(value, 3);
  const lines = [
    text('privacy.spent', {
      epsilon: short(month.epsilon),
      budget: short(epsilon),
      uses: month.uses,
      days: short(days),
    }),
    text(`privacy.noise.${level}`, {
      noise: short(noise),
      buffer: bufferSize,
      share: percent(noiseShare),
    }),
    text(`privacy.accuracy.${isRuinOfGateways ? 'ruinOfGateways' : accuracy}`),
    ...size,
    ...warnings.map(({ code, values }) => text(`privacy.warning.${code}`, inLanguage(values))),
  ];
  show(lines);
  place.attr('data-accuracy', accuracy);
}

/** @param protection of the route `ftte/task/preview`: why `auto` chooses less than trust, if it does */
export function presentProtection({ because }, text) {
  const words = because ? text(`unprotected.${because}`) : text('robust.auto');
  element('robust').find('[value="auto"]').text(words);
}
