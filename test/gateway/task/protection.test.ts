import { deepEqual, equal, match } from 'node:assert/strict';
import { unprotected } from '../../../gateway/coordinator/reports';
import { parseTask, protectionOf, type TaskInput, type Unprotected } from '../../../gateway/task';
import { tinyTask } from '../coordinator/fleet-harness';

describe('the protection against hostile gateways that a task leaves open', () => {
  type Settings = Omit<Partial<TaskInput>, 'aggregation'> & { readonly aggregation?: object };
  const task = ({ aggregation, ...more }: Settings) =>
    tinyTask({ ...more, ...(aggregation && { aggregation: aggregation as TaskInput['aggregation'] }) });

  it('is trust', () => {
    for (const rule of ['ftte', 'fedbuff', 'fedavg', 'fadas'])
      deepEqual(protectionOf(task({ aggregation: { rule: { kind: rule } } })), { kind: 'trust' });
  });

  const conflicts: readonly (readonly [Unprotected, Settings, RegExp])[] = [
    ['masked', { aggregation: { masked: true } }, /a sum only/],
    ['privacy', { privacy: { level: 'gateway' } }, /privacy of gateways/],
    ['single-contributions', { aggregation: { rule: { kind: 'fedasync' } } }, /versions of one contribution/],
    ['single-contributions', { aggregation: { bufferSize: 1 } }, /versions of one contribution/],
    ['kept-updates', { aggregation: { rule: { kind: 'ca2fl' } } }, /remembers the update of every gateway/],
  ];
  for (const [because, settings, words] of conflicts)
    it(`is none where trust does not go with another setting, and says why: ${JSON.stringify(settings)}`, () => {
      const parsed = task(settings);
      equal(parsed.aggregation.robust, 'auto');
      const protection = protectionOf(parsed);
      deepEqual(protection, { kind: 'none', because });
      match(unprotected(because).text, words);
      deepEqual(parseTask(parsed), parsed, 'a task that was parsed is the same task');
    });

  it('is a limit of length for windows at beats, where the only gateway with a rare label stands apart', () => {
    const input = { channels: [{ name: 'a' }], rateHz: 360, length: 180, hop: 180 };
    const beats = { input: { ...input, cut: { kind: 'beats', before: 75 } as const } };
    const limited = { kind: 'clip', because: 'rare-labels' };
    deepEqual(protectionOf(task(beats)), limited);
    deepEqual(protectionOf(task({ ...beats, training: { balance: 'none' } })), limited);
    deepEqual(protectionOf(task({ ...beats, aggregation: { masked: true } })), {
      kind: 'none',
      because: 'masked',
    });
  });

  it('is the one that the task asks for, if it does', () => {
    for (const robust of ['none', 'clip', 'trust', 'median'])
      deepEqual(protectionOf(task({ aggregation: { robust } })), { kind: robust });
  });
});
