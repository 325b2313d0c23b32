import { counted } from '../../platform';
import { ruleTraits } from '../aggregation';
import { type AugmentedTask, describeAugmentation } from '../augmentation';
import { usesLabelShares } from './label-offsets';
import { describeRate, drawBalance } from './local-rate';
import { type RoundTask, roundRate } from './round-rate';

type DescribedTask = RoundTask &
  AugmentedTask &
  Parameters<typeof drawBalance>[0] & {
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

const draws = { 0: 'as often as they come', 0.5: 'by the root of their number', 1: 'equally often' } as const;

/**
 * The training of a task in words, with everything that it leaves to the rules: for reports.
 * @param isKnown whether a round knows how often labels come in the federation. Absent: both are said, if the task uses it
 */
export function describeTraining(task: DescribedTask, isKnown?: boolean): string {
  const { optimiser, batchSize, epochs } = task.training;
  const method = optimiser.kind === 'adam' ? 'Adam' : `SGD with momentum ${optimiser.momentum}`;
  const uses = usesLabelShares(task);
  const isShared = uses && isKnown !== false;
  const balance = draws[isShared ? 0 : drawBalance(task)];
  const shares = isShared ? ', with offsets by how often they come in the federation' : '';
  const without = describeRate((version) => roundRate(task, version, false));
  const rate = isShared ? describeRate((version) => roundRate(task, version, true)) : without;
  const server = describeServer(task);
  return [
    `${method}, rate ${rate}`,
    `batches of ${batchSize}, ${counted(epochs, 'pass', 'passes')}`,
    ...(task.kind === 'classification' ? [`labels drawn ${balance}${shares}`] : []),
    `windows varied: ${describeAugmentation(task)}`,
    ...(server === undefined ? [] : [server]),
    ...(uses && isKnown === undefined
      ? [`until that is known: rate ${without}, labels drawn ${draws[drawBalance(task)]}`]
      : []),
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
