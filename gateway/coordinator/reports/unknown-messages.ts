import type { Clock } from '../../platform';
import type { RefusalReason } from '../../security';
import type { Drop } from '../../session';
import type { CoordinatorNotices } from './coordinator-notices';

/** Messages of nobody in the federation that came in a row. */
export interface UnknownMessages {
  readonly count: number;
  /** When the newest of them came, ms since the epoch. */
  readonly lastMs: number;
}

/** Reasons that no member gives rise to. One that restarts sends messages under its earlier key, which are no sign of a stranger. */
const strange: ReadonlySet<RefusalReason> = new Set<RefusalReason>([
  'unprotected',
  'not-cose',
  'not-deterministic',
  'algorithm',
  'forged',
  'header',
  'oversize',
  'public-key',
  'hello',
  'presence',
  'unknown-flood',
]);
/** Fewer are not reported: a fault of the network, or a program that tries something. */
const fewest = 3;
const forgottenMs = 60_000;

/** Notices that messages come which nobody of the federation has signed or sealed: somebody has the broker's password. */
export class UnknownMessageWatch {
  private count = 0;
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly notices: CoordinatorNotices,
  ) {}

  /** Undefined: none have come for a minute, or only a few. */
  get latest(): UnknownMessages | undefined {
    const { count, lastMs } = this;
    return count >= fewest && !this.isForgotten ? { count, lastMs } : undefined;
  }

  /** @returns whether there is something to show that was not there before */
  saw({ refusal, topic, detail }: Drop): boolean {
    if (!refusal || !strange.has(refusal)) return false;
    if (this.isForgotten) this.count = 0;
    this.count++;
    this.lastMs = this.clock.now();
    if (this.count < fewest) return false;
    const text = `messages come that no member has signed or sealed, and are dropped: somebody else has the password of the broker, or an open gateway uses this federation's name. The newest, on ${topic}: ${detail}`;
    this.notices.say({ code: 'unknown-messages', level: 'warning', text, details: { refusal } });
    return this.count === fewest;
  }

  private get isForgotten(): boolean {
    return this.clock.now() - this.lastMs > forgottenMs;
  }
}
