import { counted } from '../../platform';
import type { RunSummary, StandstillRecord } from './results';

/** Sentence about why a run learned nothing, or nothing more, with the numbers of gateways and rounds; undefined if it did learn on. */
export function standstillText(run: RunSummary): string | undefined {
  const { seed, stopped, versions, uploads, rejected, problems, standstill } = run;
  const ended = hows[stopped];
  if (ended === undefined || (stopped === 'time' && versions > 0)) return undefined;
  const reported = [
    ...Object.entries(rejected).map(([reason, count]) => `${counted(count, 'update')} refused (${reason})`),
    ...Object.entries(problems).map(([problem, count]) => `${counted(count, 'time')}: ${problem}`),
  ];
  const reasons = [...(standstill ? fleetReasons(standstill, run.clients) : []), ...reported];
  if (reasons.length === 0 && stopped !== 'stalled' && standstill)
    reasons.push(`rounds that ended: ${standstill.rounds}, updates that were accepted: ${uploads}`);
  const why = reasons.length > 0 ? reasons.join('; ') : 'no reason was reported';
  // A fleet that is kept from training says nothing about the model.
  const mayDiverge = stopped === 'stalled' && (reported.length > 0 || reasons.length === 0);
  const advice = mayDiverge ? ` ${divergenceAdvice}` : '';
  return `Seed ${seed} ${ended} after version ${versions}: ${why}.${advice}`;
}

/** Words for the end of a run, by its reason; other runs reached what they were to reach, or were interrupted. */
const hows: Readonly<Partial<Record<RunSummary['stopped'], string>>> = {
  stalled: 'stalled',
  idle: 'came to rest',
  time: 'ended',
};

const divergenceAdvice =
  'If the model has diverged, a smaller training.learningRate helps, unless centre and spread of the channels are wrong.';

function fleetReasons(record: StandstillRecord, clients: number): string[] {
  const { left, rounds, droppedRounds, obstacles, minSamples, mostSamples } = record;
  const texts: Readonly<Record<string, string>> = {
    'too-few-samples': `too few samples for training.minSamples (${minSamples}), the most being ${mostSamples}`,
    'privacy-spent': 'no privacy budget left',
  };
  return [
    left > 0 ? `${left} of ${clients} gateways left for good (availability.leavers)` : '',
    droppedRounds > 0 ? `${droppedRounds} of ${rounds} rounds were lost (availability.dropout)` : '',
    ...Object.entries(obstacles).map(
      ([reason, count]) =>
        `${count} of ${clients} gateways had ${texts[reason] ?? `an obstacle (${reason})`}`,
    ),
  ].filter((text) => text !== '');
}
