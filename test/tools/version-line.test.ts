import assert from 'node:assert/strict';
import type { FlowNode } from '../../tools/support/demonstration';
import { versionLine } from '../../tools/support/version-line';

const federations: FlowNode[] = [
  { id: 'f1', type: 'ftte-federation', federation: 'clinic' },
  { id: 'f2', type: 'ftte-federation', federation: 'hospital' },
];
const clinic: FlowNode = { id: 'c1', type: 'ftte-coordinate', federation: 'f1' };
const hospital: FlowNode = { id: 'c2', type: 'ftte-coordinate', federation: 'f2' };
const report = {
  ...{ version: 12, updateBytes: 3000, average: { balancedAccuracy: 0.91234, chance: 1 / 3 } },
  contributions: [
    { gateway: 'a', age: 0 },
    { gateway: 'b', age: 1 },
  ],
};
const words = 'version 12: balanced accuracy 0.912 (chance 0.33), 3000 bytes from a (age 0), b (age 1)';

describe('the line of a version', () => {
  it('names no federation if there is only one coordinator', () => {
    assert.equal(versionLine(report, 'c1', [...federations, clinic]), words);
    const disabled = { ...hospital, d: true };
    assert.equal(versionLine(report, 'c1', [...federations, clinic, disabled]), words);
  });

  it('names the federation if there are several', () => {
    const flows = [...federations, clinic, hospital];
    assert.equal(versionLine(report, 'c1', flows), `clinic: ${words}`);
    assert.equal(versionLine(report, 'c2', flows), `hospital: ${words}`);
  });

  it('has what gateways have measured if the coordinator has no held-out windows', () => {
    const federated = { balancedAccuracy: 0.8765, gateways: 2, from: 10, to: 11 };
    assert.equal(
      versionLine({ ...report, average: undefined, federated }, 'c1', [clinic]),
      'version 12: balanced accuracy 0.876 on windows that gateways hold out (2 of them, up to version 11), 3000 bytes from a (age 0), b (age 1)',
    );
  });

  it('is not there for other messages, and says that nothing was measured', () => {
    assert.equal(versionLine('text', 'c1', []), undefined);
    assert.equal(
      versionLine({ version: 1, contributions: [], updateBytes: 0 }, 'c1', [clinic]),
      'version 1: not measured on held-out windows',
    );
  });
});
