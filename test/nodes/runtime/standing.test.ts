import assert from 'node:assert/strict';
import type { Standing } from '../../../gateway/client';
import { joinRefusalText } from '../../../gateway/security';
import { followStanding } from '../../../nodes/runtime';

/** The part of a federation that says what its coordinator has answered. */
class Door {
  listener: ((standing: Standing) => void) | undefined;

  onStanding(listener: (standing: Standing) => void): () => void {
    this.listener = listener;
    return () => {
      this.listener = undefined;
    };
  }
}

describe('whether a gateway is let in', () => {
  it('is said at each refusal, and when one has ended', () => {
    const door = new Door();
    const said: string[] = [];
    const end = followStanding(door, {
      refused: (text, reason) => said.push(`${reason}: ${text}`),
      admitted: () => said.push('admitted'),
    });
    for (const standing of ['member', 'revoked', 'revoked', 'member', 'member'] as const)
      door.listener?.(standing);
    const revoked = `revoked: ${joinRefusalText.revoked}`;
    assert.deepEqual(said, [revoked, revoked, 'admitted']);
    end();
    assert.equal(door.listener, undefined);
  });
});
