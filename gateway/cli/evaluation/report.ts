import { counted } from '../../platform';
import { percent, table } from '../../simulation';
import type { Task } from '../../task';
import type { Evaluation } from './judge';

/** An evaluation as text: balanced accuracy beside chance first. */
export function evaluationText(task: Task, from: string, evaluation: Evaluation): string {
  const { quality, unlabelled } = evaluation;
  return [
    `"${task.name}" on ${from}: ${counted(quality.windows, 'window')}${unlabelled > 0 ? `, ${unlabelled} more without a label of the task` : ''}`,
    '',
    ...rowsOf(evaluation).map(([name, value]) => `  ${name.padEnd(19)}  ${value}`),
    ...(quality.recalls ? ['', labelTable(task, evaluation)] : []),
    '',
  ].join('\n');
}

function rowsOf(evaluation: Evaluation): [name: string, value: string][] {
  const { quality, detection } = evaluation;
  const { people, worstTenth } = quality;
  const isClassification = quality.balancedAccuracy !== undefined;
  const rows: [string, string | undefined][] = [
    [
      'balanced accuracy',
      isClassification
        ? `${percent(quality.balancedAccuracy)} ± ${percent(quality.balancedAccuracyNoise)} (${besideChance(quality)})`
        : undefined,
    ],
    ['macro F1', quality.macroF1?.toFixed(3)],
    ['ROC area', quality.auc?.toFixed(3)],
    ['accuracy', isClassification ? percent(quality.accuracy) : undefined],
    ['mean absolute error', quality.meanAbsoluteError?.toFixed(4)],
    ['mean squared error', quality.meanSquaredError?.toFixed(4)],
    [
      'skill',
      quality.skill === undefined
        ? undefined
        : `${quality.skill.toFixed(3)} (1 is perfect, 0 is saying that the newest reading goes on)`,
    ],
    [
      'detection',
      detection &&
        `${percent(detection.rate)} (${percent(detection.interval.low)} to ${percent(detection.interval.high)}) at ${percent(detection.falseAlarms)} false alarms`,
    ],
    [
      'worst tenth',
      worstTenth === undefined
        ? undefined
        : `${isClassification ? percent(worstTenth) : worstTenth.toFixed(4)} of ${counted(people ?? 0, 'person', 'people')}`,
    ],
    ['loss', quality.loss.toFixed(4)],
    ['all predicted as', quality.onlyPrediction],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** The measure beside a balanced accuracy. Windows of one label show its recall, which guessing that label makes perfect. */
function besideChance({ chance, recalls = {} }: Evaluation['quality']): string {
  const [label, another] = Object.keys(recalls);
  return label !== undefined && another === undefined
    ? `all windows are of ${label}: this says nothing about how well it distinguishes labels`
    : `chance is ${percent(chance)}`;
}

/** Recall with its interval, and the confusion matrix if it is narrow enough to read. */
function labelTable(
  task: Task,
  { quality: { recalls = {}, recallIntervals = {}, confusion } }: Evaluation,
): string {
  const shown = confusion && task.labels.length <= 12 ? confusion : undefined;
  const rows = task.labels.flatMap((label, i) => {
    const recall = recalls[label];
    const [low, high] = recallIntervals[label] ?? [];
    if (recall === undefined) return [];
    return [
      [label, percent(recall), `${percent(low)} to ${percent(high)}`, ...(shown?.[i] ?? []).map(String)],
    ];
  });
  const columns = shown ? task.labels.map((label) => `as ${label}`) : [];
  return table(['label', 'recall', '95 % interval', ...columns], rows);
}
