import { median } from '../aggregation/weights';

/** Share of a gateway's trust that a contribution leaves as it was. */
const memory = 0.8;
/** Contributions before which a gateway is not judged. */
const trial = 3;
/** Distance in trust that separates outliers from the rest of the fleet. */
const gap = 0.1;
/** The same as a share of the usual trust, for those that push back. */
const gapShare = 0.5;
/** Usual trust below which a fleet does not agree, and so nobody can push it back. */
const agreeing = 0.2;
/** Trust above which a gateway does not push back, however far it is from the others. */
const opposing = -0.05;
/** Trust up to which a gateway does not carry the direction by itself. */
const carrying = 0.6;
/** Versions after which a gateway is released from quarantine, on probation. */
export const quarantineVersions = 20;
/** Gateways that must be known before one is quarantined: among fewer nobody can say who is right. */
const leastGateways = 4;
/** Gateways that are remembered at most; beyond it, those whose last contribution is longest ago are forgotten. */
const mostGateways = 10_000;

/** Facts about a gateway. */
interface Trust {
  value: number;
  /** Contributions that were compared, up to the number of the trial. */
  compared: number;
  /** The version at which it was quarantined; -1: it is not. */
  since: number;
  /** Contributions until its probation is over. */
  probation: number;
}

/** A judgement on one contribution. */
export interface Judgement {
  readonly trust: number;
  /** Factor for its weight. */
  readonly factor: 0 | 1;
  readonly isOnProbation: boolean;
  /** A change for its gateway. It is released when its probation is over. */
  readonly change?: 'quarantined' | 'released';
}

/** The trust of a whole fleet. */
export interface FleetTrust {
  /** The median, from which an unknown gateway begins. */
  readonly prior: number;
  /** The trust below which a gateway is an outlier that pushes back. */
  readonly lowest: number;
  /** The trust above which a gateway that sends long updates is an outlier that carries the direction. */
  readonly highest: number;
}

/** A gateway in quarantine. */
export interface Quarantine {
  readonly trust: number;
  /** The version at which it began. */
  readonly since: number;
  /** The version from which its updates are taken again. */
  readonly until: number;
}

/** The facts about a contribution that trust follows from. */
export interface Evidence {
  /** Cosine of its angle to the direction of the fleet; undefined: there is none yet, or it moves nothing. */
  readonly cosine: number | undefined;
  /** Whether it is at least as long as usual. */
  readonly isLong: boolean;
}

/** The reason for a quarantine, in words: what the updates of a gateway with this trust do. */
export const offenceOf = (trust: number): string =>
  trust > carrying ? 'carry the model by themselves' : 'push the model back';

/**
 * The degree to which each gateway's contributions agree with the direction of the fleet: T <- 0.8 T + 0.2 cosine, from the
 * fleet's median on. A gateway is an outlier only if a gap separates it, and whoever is beyond it, from the rest of the
 * fleet: below, if it pushes the model back; above, if it is a few that send nearly the same and so are the direction.
 * If each gateway has labels of its own, the usual trust is near 0: the fleet has no common direction that somebody
 * could push back, and nobody is judged by it.
 */
export class TrustMemory {
  /** The gateway whose last contribution is longest ago comes first. */
  private readonly gateways = new Map<string, Trust>();

  /** The usual trust, and the gaps beyond which gateways are outliers. */
  get fleet(): FleetTrust {
    const values = [...this.gateways.values()]
      .filter(({ compared }) => compared > 0)
      .map(({ value }) => value)
      .sort((a, b) => a - b);
    const middle = values.length >> 1;
    let [lowest, highest] = [-Infinity, Infinity];
    const prior = median(values);
    const apart = Math.max(gap, gapShare * prior);
    for (let i = 1; i <= middle && prior >= agreeing; i++) {
      const [below, above] = [values[i - 1]!, values[i]!];
      if (above - below >= apart && below < opposing) lowest = Math.min(opposing, (above + below) / 2);
    }
    for (let i = values.length - 1; i > middle; i--) {
      const [below, above] = [values[i - 1]!, values[i]!];
      if (above - below >= gap && above > carrying) highest = Math.max(carrying, (above + below) / 2);
    }
    return { prior, lowest, highest };
  }

  /**
   * Judges a contribution that is about to make the version after `version`. On probation it is compared and counts
   * nothing; a gateway is released if its contributions then agree with the fleet, or if too many are quarantined already.
   */
  judge(gateway: string, { cosine, isLong }: Evidence, version: number, fleet: FleetTrust): Judgement {
    const { prior, lowest, highest } = fleet;
    const trust = this.take(gateway, prior);
    let change: Judgement['change'];
    if (trust.since >= 0) {
      // It waited in the buffer while its gateway was quarantined.
      if (version < trust.since + quarantineVersions)
        return { trust: trust.value, factor: 0, isOnProbation: false };
      Object.assign(trust, { since: -1, probation: trial, value: 0 });
    }
    const isOnProbation = trust.probation > 0;
    if (cosine !== undefined) {
      trust.value = Math.fround(memory * trust.value + (1 - memory) * cosine);
      trust.compared = Math.min(trial, trust.compared + 1);
      trust.probation = Math.max(0, trust.probation - 1);
    }
    if (trust.probation > 0) return { trust: trust.value, factor: 0, isOnProbation };
    const isOutlier = isOnProbation
      ? trust.value <= 0
      : trust.compared >= trial && (trust.value < lowest || (trust.value > highest && isLong));
    if (isOutlier && this.mayQuarantine) {
      Object.assign(trust, { since: version, probation: 0 });
      return { trust: trust.value, factor: 0, isOnProbation, change: 'quarantined' };
    }
    if (isOnProbation) change = 'released';
    return { trust: trust.value, factor: 1, isOnProbation: false, ...(change && { change }) };
  }

  /** The quarantine of a gateway for updates that come at this version; undefined: they are taken. */
  quarantineOf(gateway: string, version: number): Quarantine | undefined {
    const trust = this.gateways.get(gateway);
    if (!trust || trust.since < 0 || version >= trust.since + quarantineVersions) return undefined;
    return { trust: trust.value, since: trust.since, until: trust.since + quarantineVersions };
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

  /** Ends the quarantine of a gateway and forgets why. @returns whether it was quarantined */
  release(gateway: string): boolean {
    const trust = this.gateways.get(gateway);
    if (!trust || trust.since < 0) return false;
    this.gateways.delete(gateway);
    return true;
  }

  /** For the checkpoint: the ids as UTF-8 with a newline after each, and four numbers for each. */
  arrays(): ReadonlyMap<string, Float32Array> {
    const text = Buffer.from([...this.gateways.keys()].map((id) => `${id}\n`).join(''), 'utf8');
    const bytes = new Uint8Array(4 * Math.ceil(text.length / 4));
    bytes.set(text);
    const numbers = [...this.gateways.values()].flatMap(({ value, compared, since, probation }) => [
      value,
      compared,
      since,
      probation,
    ]);
    // The same bytes under another type: arrays of a checkpoint are copied as bytes, never as numbers.
    return new Map([
      ['ids', new Float32Array(bytes.buffer)],
      ['trust', Float32Array.from(numbers)],
    ]);
  }

  /** Restores what `arrays` returned; what does not fit is forgotten. */
  restore(ids?: Float32Array, numbers: ArrayLike<number> = []): void {
    this.gateways.clear();
    const bytes = ids ? Buffer.from(ids.slice().buffer) : Buffer.alloc(0);
    const names = bytes.toString('utf8').split('\n').slice(0, -1);
    if (numbers.length !== 4 * names.length || names.length > mostGateways) return;
    names.forEach((name, i) => {
      const [value = 0, compared = 0, since = -1, probation = 0] = Array.from(
        { length: 4 },
        (_, k) => numbers[4 * i + k]!,
      );
      if ([value, compared, since, probation].every(Number.isFinite))
        this.gateways.set(name, { value, compared, since, probation });
    });
  }

  /** Less than half of the gateways may be quarantined: if more disagree with the direction, it is the direction that is wrong. */
  private get mayQuarantine(): boolean {
    const { size } = this.gateways;
    let quarantined = 0;
    for (const { since } of this.gateways.values()) if (since >= 0) quarantined++;
    return size >= leastGateways && 2 * (quarantined + 1) < size;
  }

  /** The entry of a gateway, as the newest. */
  private take(gateway: string, prior: number): Trust {
    const trust = this.gateways.get(gateway) ?? {
      value: Math.fround(prior),
      compared: 0,
      since: -1,
      probation: 0,
    };
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
