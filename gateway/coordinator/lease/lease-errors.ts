import { FtteError } from '../../platform';
import type { Message } from '../../wire';

type Claim = Message<'claim'>;

/** Another gateway coordinates the federation. */
export function secondCoordinator(claim: Claim): FtteError {
  const text = `gateway ${claim.sender} has coordinated this federation since ${sinceOf(claim)}; stop it first, or use another federation name`;
  return failed(text, claim);
}

/** A coordinator with the id of this one is at work: a flow, or a disk, was copied to a second machine. */
export function instanceCopied(claim: Claim): FtteError {
  const text = `another coordinator with this id, ${claim.sender}, is at work since ${sinceOf(claim)}: was this flow copied to a second machine? Stop one of the two, or give this one another federation name and id`;
  return failed(text, claim);
}

/** Another coordinator holds the lease, although this one held it. */
export function takenOver(claim: Claim, ownTerm: number): FtteError {
  const { sender, term = 0 } = claim;
  const text =
    term > ownTerm
      ? `gateway ${sender} has taken over this federation (term ${term}, this one has ${ownTerm}) since ${sinceOf(claim)}; this coordinator stays away, so that the model does not go back. Stop the other one and start this one again if it is to continue`
      : `gateway ${sender} claimed this federation at the same time (term ${term}); this coordinator stays away`;
  return failed(text, claim);
}

const sinceOf = ({ since }: Claim) => {
  const at = new Date(since);
  return Number.isNaN(at.getTime()) ? 'an unknown time' : at.toISOString();
};

const failed = (text: string, { sender, since, instance }: Claim) =>
  new FtteError('second-coordinator', text, { coordinator: sender, instance, since });
