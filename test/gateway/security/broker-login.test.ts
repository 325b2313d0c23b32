import assert from 'node:assert/strict';
import { brokerLogin, type Invitation, proofKeyOf } from '../../../gateway/security';
import { federation, makeCoordinator, makeGateway, meet } from './federation';
import { hexOf } from './support';

const loginOf = ({ id, secret }: Invitation, gateway: string) =>
  brokerLogin({ id: hexOf(id), proofKey: proofKeyOf(secret) }, federation, gateway);

describe('the user of a gateway at a broker that its coordinator hosts (P-34)', () => {
  it('is let in while its invitation can be used, and as a member after that, until it is revoked', async () => {
    const coordinator = await makeCoordinator();
    const { registry, clock } = coordinator;
    const invitation = await coordinator.invite();
    const { user, password } = loginOf(invitation, 'gw-1');
    assert.equal(registry.brokerUser(user, password), 'gw-1');
    await meet(coordinator, makeGateway('gw-1', coordinator), invitation);
    clock.advance(2 * 86_400_000);
    assert.equal(registry.brokerUser(user, password), 'gw-1');
    const other = loginOf(invitation, 'gw-2');
    assert.equal(registry.brokerUser(other.user, other.password), undefined, 'the invitation was used');
    await registry.revoke('gw-1');
    assert.equal(registry.brokerUser(user, password), undefined);
    await registry.readmit('gw-1');
    assert.equal(registry.brokerUser(user, password), 'gw-1');
  });

  it('is nobody with another password, invitation, gateway or form of name', async () => {
    const coordinator = await makeCoordinator();
    const { registry } = coordinator;
    const invitation = await coordinator.invite();
    const { user, password } = loginOf(invitation, 'gw-1');
    const wrong: [string, string][] = [
      [user, ''],
      [user, `${password}x`],
      [user.replace('gw-1', 'gw-2'), password],
      [user.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')), password],
      [`${user}/x`, password],
      ['gw-1', password],
      ['', password],
      [`/${hexOf(invitation.id)}`, password],
    ];
    for (const [name, secret] of wrong) assert.equal(registry.brokerUser(name, secret), undefined, name);
  });

  it('is not let in with an invitation that has expired, was withdrawn, or is for another gateway', async () => {
    const coordinator = await makeCoordinator();
    const { registry, clock } = coordinator;
    const withdrawn = await coordinator.invite();
    await registry.withdraw(hexOf(withdrawn.id));
    const named = await coordinator.invite({ suggestedId: 'bed-7' });
    const isIn = (invitation: Invitation, gateway: string) => {
      const { user, password } = loginOf(invitation, gateway);
      return registry.brokerUser(user, password) === gateway;
    };
    assert.equal(isIn(withdrawn, 'gw-1'), false);
    assert.equal(isIn(named, 'gw-1'), false);
    assert.equal(isIn(named, 'bed-7'), true);
    clock.advance(2 * 86_400_000);
    assert.equal(isIn(named, 'bed-7'), false);
  });

  it('goes with a later invitation of the same member', async () => {
    const coordinator = await makeCoordinator();
    const { registry } = coordinator;
    const gateway = makeGateway('gw-1', coordinator);
    await meet(coordinator, gateway, await coordinator.invite());
    const later = await coordinator.invite();
    await meet(coordinator, gateway, later);
    assert.equal(registry.member('gw-1')?.invitation, hexOf(later.id));
    assert.equal(registry.invitations[1]?.usesLeft, 0);
    const { user, password } = loginOf(later, 'gw-1');
    assert.equal(registry.brokerUser(user, password), 'gw-1');
    // One that cannot be used changes nothing, and keeps no member out.
    const used = await coordinator.invite();
    await registry.withdraw(hexOf(used.id));
    await meet(coordinator, gateway, used);
    assert.equal(registry.member('gw-1')?.invitation, hexOf(later.id));
  });
});
