import { type AugmentedTask, describeAugmentation } from '../augmentation';
import { describeRate, drawBalance, type RatedTask } from './local-rate';

type DescribedTask = RatedTask & AugmentedTask & Parameters<typeof drawBalance>[0];

/** The training of a task in words, with everything that it leaves to the rules: for reports. */
export function describeTraining(task: DescribedTask): string {
  const { optimiser } = task.training;
  const method = optimiser.kind === 'adam' ? 'Adam' : `SGD with momentum ${optimiser.momentum}`;
  const balance = { 0: 'as often as they come', 0.5: 'by the root of their number', 1: 'equally often' }[
    drawBalance(task)
  ];
  return [
    `${method}, rate ${describeRate(task)}`,
    ...(task.kind === 'classification' ? [`labels drawn ${balance}`] : []),
    `windows varied: ${describeAugmentation(task)}`,
  ].join('; ');
}
