import { createHash } from 'node:crypto';
import { packSegments, type Segment } from '../../model';
import { encodeDeterministic, hexOf } from '../../security';
import type { Committee } from '../committee/committee';
import { mostListed } from '../numbers/levels';

/** An update in a list. */
export interface ListedUpdate {
  readonly gateway: string;
  /** Names the seeds of its masks. */
  readonly setup: string;
  /** Its id. */
  readonly update: string;
  /** Index of its plan in the list. */
  readonly plan: number;
}

/**
 * The updates whose sum is to be opened. None has a weight: what a gateway weighs is in its update, because weights that the
 * coordinator chooses could single out one update in the sum.
 */
export interface OpeningList {
  readonly epoch: string;
  readonly entries: readonly ListedUpdate[];
  /** The coordinates of each plan, ascending. */
  readonly plans: readonly (readonly Segment[])[];
}

/** Most coordinates of a model. */
export const mostCoordinates = 2 ** 22;
/** Most runs of a plan. */
export const mostRuns = 2 ** 18;

/** The digest of a list, 64 hex digits: what helpers sign. */
export function digestOf({ epoch, entries, plans }: OpeningList): string {
  const listed = entries.map(({ gateway, setup, update, plan }) => [gateway, setup, update, plan]);
  const hash = createHash('sha256').update(encodeDeterministic(['ftte list', 1, epoch, listed]));
  for (const plan of plans) {
    hash.update(encodeDeterministic([plan.length])).update(packSegments(plan));
  }
  return hexOf(hash.digest());
}

/** The bytes of a helper's signature on a list. */
export const voteBytes = (federation: string, epoch: string, digest: string): Uint8Array =>
  encodeDeterministic(['ftte vote', 1, federation, epoch, digest]);

/** The fault of a list, whatever was opened before; undefined: there is none. */
export function faultOf({ epoch, entries, plans }: OpeningList, committee: Committee): string | undefined {
  if (epoch !== committee.epoch) return `it is of committee ${epoch}, expected ${committee.epoch}`;
  if (entries.length > mostListed) return `expected at most ${mostListed} updates, got ${entries.length}`;
  const gateways = new Set(entries.map(({ gateway }) => gateway));
  // Several updates of one gateway hide each other, and not the gateway.
  if (gateways.size < committee.fewest)
    return `expected updates of at least ${committee.fewest} gateways, got ${gateways.size}`;
  if (new Set(entries.map(nameOf)).size < entries.length) return 'an update is there twice';
  return (
    plans.map(planFault).find(Boolean) ?? entries.map(({ plan }) => unknownPlan(plan, plans)).find(Boolean)
  );
}

/** The name of an update, which has one mask and counts once. */
export const nameOf = ({ gateway, setup, update }: ListedUpdate): string => `${gateway} ${setup} ${update}`;

const unknownPlan = (plan: number, plans: OpeningList['plans']) =>
  plans[plan] ? undefined : `expected one of ${plans.length} plans, got ${plan}`;

function planFault(plan: readonly Segment[]): string | undefined {
  if (plan.length > mostRuns) return `expected at most ${mostRuns} runs in a plan, got ${plan.length}`;
  let end = 0;
  for (const { offset, length } of plan) {
    const isRun = Number.isInteger(offset) && Number.isInteger(length) && length > 0;
    if (!isRun || offset < end || offset + length > mostCoordinates) return 'a plan is no list of runs';
    end = offset + length;
  }
  return undefined;
}

/**
 * The coordinates that a list opens, ascending: those that enough gateways hold. Helpers leave out all others, whose sum
 * would be of few.
 */
export function openedSegments({ entries, plans }: OpeningList, fewest: number): Segment[] {
  const holders = plans.map(
    (_, plan) => new Set(entries.filter((entry) => entry.plan === plan).map(({ gateway }) => gateway)),
  );
  if (plans.length === 1) return holders[0] && holders[0].size >= fewest ? [...(plans[0] ?? [])] : [];
  const ends = plans.flatMap((plan, index) =>
    plan.flatMap(({ offset, length }) => [
      { at: offset, index, begins: true },
      { at: offset + length, index, begins: false },
    ]),
  );
  ends.sort((a, b) => a.at - b.at);
  const active = new Set<number>();
  const opened: { offset: number; length: number }[] = [];
  ends.forEach(({ at, index, begins }, i) => {
    if (begins) active.add(index);
    else active.delete(index);
    const length = (ends[i + 1]?.at ?? at) - at;
    if (length === 0) return;
    const gateways = new Set([...active].flatMap((plan) => [...(holders[plan] ?? [])]));
    if (gateways.size < fewest) return;
    const last = opened.at(-1);
    if (last && last.offset + last.length === at) last.length += length;
    else opened.push({ offset: at, length });
  });
  return opened;
}
