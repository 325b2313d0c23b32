/* How much updates and versions may reveal, and what the fleet is like for which that is calculated. */
import { choice, number } from './part.mjs';

const level = (...levels) => ['privacy-level', levels];

export const privacy = [
  {
    label: 'privacy',
    icon: 'user-secret',
    parts: [
      choice('privacy-level', 'privacy.level', 'privacyLevel', ['none', 'record', 'gateway'], {
        wide: true,
        absent: true,
      }),
    ],
  },
  {
    label: 'privacyBudget',
    icon: 'pie-chart',
    parts: [
      number('privacy-epsilon', 'privacy.epsilon', {
        of: level('record', 'gateway'),
        before: 'epsilon',
        hint: 8,
      }),
      number('privacy-rounds', 'privacy.rounds', {
        of: level('record'),
        before: 'lastsFor',
        hint: 100,
        unit: 'rounds',
      }),
      number('privacy-contributions', 'privacy.contributions', {
        of: level('gateway'),
        before: 'lastsFor',
        hint: 20,
        unit: 'updates',
      }),
    ],
  },
  {
    label: 'privacyClip',
    icon: 'scissors',
    parts: [
      number('privacy-clip', 'privacy.clip', {
        of: level('record', 'gateway'),
        hint: 'placeholder.auto',
        unit: 'clip',
      }),
    ],
  },
  {
    label: 'masked',
    icon: 'eye-slash',
    parts: [choice('masked', 'aggregation.masked', 'masked', ['no', 'yes'], { wide: true, flag: true })],
  },
  {
    label: 'privacyFleet',
    icon: 'calculator',
    parts: [
      number('privacy-gateways', undefined, { when: level('record', 'gateway'), hint: 20, unit: 'gateways' }),
      number('privacy-samples', undefined, { when: level('record'), hint: 500, unit: 'windowsEach' }),
      number('privacy-per-day', undefined, { when: level('record', 'gateway'), hint: 1, unit: 'roundsADay' }),
    ],
  },
];
