import { median } from '../aggregation/weights';
import type { Evidence } from './evidence';
import { arrayOfNames, namesOfArray } from './names';
import {
  endProbation,
  isNew,
  learn,
  numbersOf,
  type Trust,
  trial,
  trustOf,
  trustsOf,
  unknown,
} from './trust';

/** Distance in trust that separates outliers from the rest of the fleet. */
const gap = 0.1;
/** The same as a share of the usual trust, for those that push back. */
const gapShare = 0.5;
/** Agreement among peers below which a fleet, or a gateway in it, goes no common way. */
const agreeing = 0.1;
/** Trust above which a gateway does not push back, however far it is from the others. */
const opposing = -0.05;
/** Agreement with the direction up to which a gateway does not carry it by itself. */
const carrying = 0.6;
/** Pull of a gateway in a buffer, in usual contributions, that it has at most until it can be judged. */
const newcomerPull = 1;
/** Versions after which a gateway is released from quarantine, on probation. */
export const quarantineVersions = 20;
/** Versions without a contribution after which a gateway is not of the fleet any more. */
const goneAfter = 5 * quarantineVersions;
/** Gateways that must be known before anything is done about one: among fewer nobody can say who is right. */
export const leastGateways = 5;
/** Gateways that are remembered at most; beyond it, those whose last contribution is longest ago are forgotten. */
const mostGateways = 10_000;

/** The state of a gateway in a buffer before it is judged. */
interface Comparison {
  readonly trust: Trust;
  /** Factor for its weight if it is not an outlier. */
  readonly factor: number;
  readonly isOnProbation: boolean;
}

/** A judgement on what a gateway has in a buffer. */
export interface Judgement {
  readonly trust: number;
  /** Factor for its weight, 0 to 1. */
  readonly factor: number;
  /** A change for its gateway. It is released when its probation is over. */
  readonly change?: 'quarantined' | 'released';
}

/** The trust of a whole fleet. */
export interface FleetTrust {
  /** The trust below which a gateway is an outlier that pushes back. */
  readonly lowest: number;
  /** The agreement with the direction above which a gateway that sends long updates is an outlier that carries it. */
  readonly highest: number;
}

/** A gateway in quarantine. */
export interface Quarantine {
  readonly trust: number;
  /** The version at which it began. */
  readonly since: number;
  /** The version from which its updates are taken again. */
  readonly until: number;
  /** Quarantines of the gateway so far, with this one. */
  readonly times: number;
}

/** The reason for a quarantine, in words: what the updates of a gateway with this trust do. */
export const offenceOf = (trust: number): string =>
  trust > 0 ? 'carry the model by themselves' : 'push the model back';

/**
 * The degree to which each gateway agrees with the fleet: the mean of two moving means, of its agreement with the other gateways
 * of its buffers and of that with the way that the fleet went, each weighted by how far it moved the model. Either alone is wrong
 * at times: where a model swings, all that are fresh point against the way, and who is slow against those who are fresh.
 *
 * A gateway is an outlier only if a gap separates it, and whoever is beyond it, from the rest of the fleet: below, if it
 * pushes the model back; above, if it is a few that send nearly the same and so are the direction. If each gateway has
 * labels of its own, the usual agreement among peers is near 0: the fleet has no common way that somebody could push back, and
 * nobody is judged by it.
 */
export class TrustMemory {
  /** Facts about each gateway. The one whose last contribution is longest ago comes first. */
  private readonly gateways = new Map<string, Trust>();

  /** Whether the fleet of this version has enough gateways, with those of a buffer, to say which of them stands apart. */
  isEnough(version: number, contributions: readonly { readonly gateway: string }[] = []): boolean {
    const found = new Set(contributions.map(({ gateway }) => gateway));
    for (const [id, trust] of this.gateways) {
      if (found.size >= leastGateways) break;
      if (isOfFleet(trust, version)) found.add(id);
    }
    return found.size >= leastGateways;
  }

  /** The gateways of the fleet of this version whose updates are taken. */
  taken(version: number): number {
    return this.present(version).filter((trust) => !isOut(trust, version)).length;
  }

  /** Whether gateways of the fleet that had peers agree with them, so that one can push back what the fleet does. */
  hasCommonWay(version: number): boolean {
    const met = this.present(version).filter((trust) => trust.met > 0);
    return median(met.map(({ peers }) => peers)) >= agreeing;
  }

  /** The gaps beyond which gateways are outliers. */
  fleet(version: number): FleetTrust {
    const known = this.present(version).filter(({ compared }) => compared > 0);
    const values = ascending(known.map(trustOf));
    const usual = median(values);
    const middle = values.length >> 1;
    let [lowest, highest] = [-Infinity, Infinity];
    const agrees = this.hasCommonWay(version);
    const apart = Math.max(gap, gapShare * usual);
    for (let i = 1; i <= middle && agrees; i++) {
      const [below, above] = [values[i - 1]!, values[i]!];
      if (above - below >= apart && below < opposing) lowest = Math.min(opposing, (above + below) / 2);
    }
    const directions = ascending(known.map(({ direction }) => direction));
    for (let i = directions.length - 1; i > middle && agrees; i--) {
      const [below, above] = [directions[i - 1]!, directions[i]!];
      if (above - below >= gap && above > carrying) highest = Math.max(carrying, (above + below) / 2);
    }
    return { lowest, highest };
  }

  /**
   * Judges the gateways of the buffer that makes the version after `version`, each by its contributions in it. All are compared
   * first, so that who suddenly turns is seen in the fleet at once, before what it sent has moved anything.
   */
  judge(buffer: ReadonlyMap<string, Evidence>, version: number): Map<string, Judgement> {
    const isKnown = this.isKnown(version);
    const compared = [...buffer].map(([gateway, evidence]) => ({
      gateway,
      isLong: evidence.isLong,
      ...this.compare(gateway, evidence, version, isKnown),
    }));
    const fleet = this.fleet(version);
    return new Map(compared.map((one) => [one.gateway, this.decide(one, version, fleet)]));
  }

  /** Adds what a gateway has in a buffer to what is known of it. Of one that waited there until its quarantine nothing is added. */
  private compare(gateway: string, evidence: Evidence, version: number, isKnown: boolean): Comparison {
    const trust = this.take(gateway);
    trust.last = version;
    if (isOut(trust, version)) return { trust, factor: 0, isOnProbation: false };
    if (trust.since >= 0)
      Object.assign(trust, { ...unknown, probation: trial, last: version, times: trust.times });
    const isOnProbation = trust.probation > 0;
    // A fleet that knows its gateways takes one that is new for a usual one, whatever it claims, until it can be judged.
    const pull = isKnown && isNew(trust) ? Math.min(newcomerPull, evidence.pull) : evidence.pull;
    learn(trust, evidence, pull);
    if (isOnProbation && trust.probation === 0) endProbation(trust);
    return { trust, factor: pull < evidence.pull ? pull / evidence.pull : 1, isOnProbation };
  }

  /**
   * Judges a gateway that has been compared. On probation it counts nothing; it is released if its contributions then agree
   * with the fleet, or if too many are quarantined already.
   */
  private decide(
    { trust, factor, isOnProbation, isLong }: Comparison & Pick<Evidence, 'isLong'>,
    version: number,
    { lowest, highest }: FleetTrust,
  ): Judgement {
    const value = trustOf(trust);
    if (isOut(trust, version) || trust.probation > 0) return { trust: value, factor: 0 };
    // If others of its buffers go the same way, it does not carry the direction by itself.
    const isApart = trust.met > 0 && trust.peers < agreeing;
    const carries = trust.direction > highest && isApart && isLong;
    const isOutlier = isOnProbation ? value <= 0 : trust.compared >= trial && (value < lowest || carries);
    if (isOutlier && this.mayQuarantine(version)) {
      Object.assign(trust, { since: version, probation: 0, times: trust.times + 1 });
      return { trust: value, factor: 0, change: 'quarantined' };
    }
    return { trust: value, factor, ...(isOnProbation && { change: 'released' }) };
  }

  /** The quarantine of a gateway for updates that come at this version; undefined: they are taken. */
  quarantineOf(gateway: string, version: number): Quarantine | undefined {
    const trust = this.gateways.get(gateway);
    if (!trust || !isOut(trust, version)) return undefined;
    const { since, times } = trust;
    return { trust: trustOf(trust), since, until: since + quarantineVersions, times };
  }

  /** The gateways that are quarantined at this version. */
  quarantines(version: number): Map<string, Quarantine> {
    const found = new Map<string, Quarantine>();
    for (const [id, { since }] of this.gateways) {
      const quarantine = since >= 0 ? this.quarantineOf(id, version) : undefined;
      if (quarantine) found.set(id, quarantine);
    }
    return found;
  }

  /** The gateways whose updates are taken at this version, but are only compared until their probation is over. */
  probations(version: number): Set<string> {
    const found = new Set<string>();
    for (const [id, { since, probation }] of this.gateways)
      if (since >= 0 ? version >= since + quarantineVersions : probation > 0) found.add(id);
    return found;
  }

  /** Ends the quarantine or probation of a gateway and forgets why, but not how often. @returns whether there was one */
  release(gateway: string): boolean {
    const trust = this.gateways.get(gateway);
    if (!trust || (trust.since < 0 && trust.probation === 0)) return false;
    Object.assign(trust, { ...unknown, last: trust.last, times: trust.times });
    return true;
  }

  /** Forgets a gateway that was taken out of the federation. */
  forget(gateway: string): void {
    this.gateways.delete(gateway);
  }

  /** Forgets gateways that have not come back long after their quarantine was over. */
  forgetLapsed(version: number): void {
    for (const [id, trust] of this.gateways)
      if (trust.since >= 0 && !isOfFleet(trust, version)) this.gateways.delete(id);
  }

  /** For the checkpoint: the ids, and the numbers of each. */
  arrays(): ReadonlyMap<string, Float32Array> {
    const { trust, pull, times } = numbersOf([...this.gateways.values()]);
    return new Map([
      ['ids', arrayOfNames(this.gateways.keys())],
      ['trust', trust],
      ['pull', pull],
      ['times', times],
    ]);
  }

  /** Restores what `arrays` returned; what does not fit is forgotten. */
  restore(
    ids?: Float32Array,
    numbers: ArrayLike<number> = [],
    pulls?: ArrayLike<number>,
    times?: ArrayLike<number>,
  ): void {
    this.gateways.clear();
    const names = namesOfArray(ids);
    if (names.length > mostGateways) return;
    for (const [i, trust] of trustsOf(names.length, numbers, pulls, times).entries())
      if (trust) this.gateways.set(names[i]!, trust);
  }

  /** Whether enough gateways of the fleet can be judged, so that one that is new is new to a fleet. */
  private isKnown(version: number): boolean {
    let known = 0;
    for (const trust of this.gateways.values())
      if (isOfFleet(trust, version) && trust.compared >= trial && ++known >= leastGateways) return true;
    return false;
  }

  /** Facts about the gateways of the fleet: those that have left, or names that were used up, say nothing about it. */
  private present(version: number): Trust[] {
    return [...this.gateways.values()].filter((trust) => isOfFleet(trust, version));
  }

  /**
   * Less than half of the fleet may be quarantined: if more disagree with the direction, it is the direction that is wrong.
   * Gateways that have left, or names that were used up, make the fleet neither larger nor smaller for ever.
   */
  private mayQuarantine(version: number): boolean {
    let [size, quarantined] = [0, 0];
    for (const trust of this.gateways.values()) {
      if (isOfFleet(trust, version)) size++;
      if (isOut(trust, version)) quarantined++;
    }
    return size >= leastGateways && 2 * (quarantined + 1) < size;
  }

  /** The entry of a gateway, as the newest. */
  private take(gateway: string): Trust {
    const trust = this.gateways.get(gateway) ?? { ...unknown };
    this.gateways.delete(gateway);
    this.gateways.set(gateway, trust);
    if (this.gateways.size > mostGateways) {
      for (const [id, { since }] of this.gateways) {
        if (since >= 0) continue;
        this.gateways.delete(id);
        break;
      }
    }
    if (this.gateways.size > mostGateways) this.gateways.delete(this.gateways.keys().next().value as string);
    return trust;
  }
}

const isOfFleet = ({ last }: Trust, version: number): boolean => last >= 0 && version - last <= goneAfter;

const isOut = ({ since }: Trust, version: number): boolean =>
  since >= 0 && version < since + quarantineVersions;

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
