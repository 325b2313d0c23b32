import { ruleTraits } from '../aggregation';
import { type AugmentedTask, describeAugmentation } from '../augmentation';
import { usesLabelShares } from './label-offsets';
import { describeRate, drawBalance, localRate, type RatedTask, sharedRate } from './local-rate';

type DescribedTask = RatedTask &
  AugmentedTask &
  Parameters<typeof drawBalance>[0] &
  Parameters<typeof usesLabelShares>[0] & {
    readonly training: { readonly batchSize: number; readonly epochs: number };
    readonly aggregation: {
      readonly damping: number;
      readonly server: {
        readonly kind: 'sgd' | 'adam' | 'yogi';
        readonly learningRate: number | 'auto';
        readonly momentum?: number;
      };
    };
  };

/** The training of a task in words, with everything that it leaves to the rules: for reports. */
export function describeTraining(task: DescribedTask): string {
  const { optimiser, batchSize, epochs } = task.training;
  const method = optimiser.kind === 'adam' ? 'Adam' : `SGD with momentum ${optimiser.momentum}`;
  const balance = { 0: 'as often as they come', 0.5: 'by the root of their number', 1: 'equally often' }[
    usesLabelShares(task) ? 0 : drawBalance(task)
  ];
  const shares = usesLabelShares(task) ? ', with offsets by how often they come in the federation' : '';
  const server = describeServer(task);
  return [
    `${method}, rate ${describeRate((version) => (shares ? sharedRate : localRate)(task, version))}`,
    `batches of ${batchSize}, ${epochs} ${epochs === 1 ? 'pass' : 'passes'}`,
    ...(task.kind === 'classification' ? [`labels drawn ${balance}${shares}`] : []),
    `windows varied: ${describeAugmentation(task)}`,
    ...(server === undefined ? [] : [server]),
  ].join('; ');
}

/** The step that the coordinator makes of a buffer, in words; undefined for rules with a step of their own. */
function describeServer({ aggregation: { rule, server, damping } }: DescribedTask): string | undefined {
  const { ownStep, damps } = ruleTraits[rule.kind];
  if (ownStep) return undefined;
  const { kind, learningRate, momentum = 0 } = server;
  if (kind !== 'sgd') return `server: ${kind === 'adam' ? 'Adam' : 'Yogi'}, rate ${learningRate}`;
  const kept = momentum > 0 ? `, momentum ${momentum}` : '';
  if (learningRate !== 'auto') return `server rate ${learningRate}${kept}`;
  const isDamped = damps && damping >= 0.5;
  const most = Number(Math.min(1.5, 1 / damping).toPrecision(3));
  return `server rate 1, ${isDamped ? `up to ${most}` : 'less'} for older contributions${kept}`;
}
