import assert from 'node:assert/strict';
import { LabelReports } from '../../../../../gateway/coordinator/evaluation/federated/label-reports';
import { SeededRandom } from '../../../../../gateway/platform';

const ids = ['one', 'two', 'three', 'four', 'five'];
const bytesOf = (...windows: number[]) => {
  const total = windows.reduce((sum, count) => sum + count, 0);
  return windows.map((count) => 4 * Math.round(-4 * Math.log(count / total)));
};

describe('how often labels come in the federation', () => {
  let reports: LabelReports;
  beforeEach(() => {
    reports = new LabelReports(2, new SeededRandom(3), 100);
  });
  const take = (version: number, counts: number[], of: readonly string[] = ids) => {
    for (const id of of) reports.take(id, version, counts);
  };
  const said = (version: number, before?: Uint8Array) => {
    const bytes = reports.bytes(version, before);
    return bytes && [...bytes];
  };

  it('is said from five gateways on, with one window more of each label, so that no share is zero', () => {
    take(1, [16, 0], ids.slice(0, 4));
    assert.equal(said(1), undefined, 'four that work together would learn what another one has');
    take(1, [16, 0], ['five']);
    assert.equal(said(1), undefined, 'one version says one thing');
    assert.deepEqual(
      said(2),
      bytesOf(81, 1).map((byte) => Math.min(byte, 72)),
    );
  });

  it('is the same whether a gateway has one window more or less, and right in the mean', () => {
    let others = 0;
    let total = 0;
    for (let seed = 0; seed < 400; seed++) {
      const shares = [20, 21].map((count) => {
        reports = new LabelReports(2, new SeededRandom(seed), 100);
        take(1, [16, 16]);
        reports.take('one', 1, [count, 16]);
        return said(1)!;
      });
      if (shares[0]!.join() !== shares[1]!.join()) others++;
      reports = new LabelReports(2, new SeededRandom(seed), 100);
      take(1, [101, 3]);
      total += Math.exp(-said(1)![1]! / 16);
    }
    assert.ok(others < 400 / 8, `${others}`);
    // Each of five gateways holds out 104 windows.
    assert.ok(Math.abs(total / 400 - 16 / 522) < 0.006, `${total / 400}`);
  });

  it('is made again when three gateways have other numbers', () => {
    take(1, [32, 32]);
    const first = Uint8Array.from(said(1)!);
    take(2, [64, 8], ['one', 'two']);
    assert.deepEqual(said(2, first), [...first]);
    take(3, [32, 32], ['three']);
    assert.deepEqual(said(3, first), [...first], 'it has the same numbers');
    take(4, [64, 8], ['three']);
    assert.notDeepEqual(said(4, first), [...first]);
  });

  it('moves by half a logarithm from one version to the next, also on from what an earlier run said', () => {
    take(1, [64, 16]);
    const goal = bytesOf(321, 81);
    let bytes = reports.bytes(1, Uint8Array.of(60, 0))!;
    assert.deepEqual([...bytes], [52, 8]);
    for (let version = 2; version < 9; version++) bytes = reports.bytes(version, bytes)!;
    assert.deepEqual([...bytes], goal);
  });

  it('stays what an earlier run said until there is something newer, unless the labels are other ones', () => {
    assert.deepEqual(said(0, Uint8Array.of(8, 20, 20)), undefined);
    assert.deepEqual(said(1, Uint8Array.of(8, 20)), [8, 20]);
    take(2, [32, 32]);
    assert.deepEqual(said(2, Uint8Array.of(8, 20, 20)), bytesOf(1, 1));
  });

  it('lets no gateway count more than the median one, and no report age', () => {
    take(1, [16, 16]);
    reports.take('liar', 1, [8e14, 0]);
    assert.deepEqual(said(900), bytesOf(113, 81));
  });

  it('is without the gateways that were taken out', () => {
    take(1, [16, 16]);
    for (const liar of ['liar', 'cheat', 'fraud']) reports.take(liar, 1, [32, 0]);
    assert.deepEqual(said(1), bytesOf(177, 81));
    for (const liar of ['liar', 'cheat', 'fraud']) reports.forget(liar);
    assert.deepEqual(said(2), bytesOf(1, 1));
  });

  it('remembers as many gateways as it may', () => {
    reports = new LabelReports(2, new SeededRandom(3), 5);
    for (let i = 0; i < 50; i++) reports.take(`stranger ${i}`, 1, [8, 0]);
    take(2, [8, 8]);
    assert.deepEqual(said(2), bytesOf(1, 1));
  });
});
