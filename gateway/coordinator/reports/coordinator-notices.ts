import { type Clock, counted, type Notice, NoticeCounter, type NoticeLevel } from '../../platform';
import type { Unprotected } from '../../task';
import type { RejectionReason } from '../../wire';
import type { GatewaySpending } from '../privacy';
import { offenceOf, quarantineVersions, type Treatment, type TrustStage } from '../robust';

/** Puts the events of a coordinator in words, and counts those that happen again. */
export class CoordinatorNotices {
  private readonly counter: NoticeCounter;

  /** @param onNotice receives what is to be said now: the same thing once, then with its number */
  constructor(
    clock: Clock,
    private readonly onNotice: (notice: Notice) => void,
  ) {
    this.counter = new NoticeCounter(clock, onNotice);
  }

  /** Ends the timer of what is counted. */
  stop(): void {
    this.counter.stop();
  }

  /** The fleet has changed. Each change is news of its own. @param online gateways that are connected now */
  membership(change: 'joined' | 'left' | 'returned', gateway: string, online: number, budgetBytes: number) {
    const text = `gateway ${gateway} ${change}; ${online} ${online === 1 ? 'is' : 'are'} online`;
    const details = { gateway, online, budgetBytes };
    this.onNotice({ code: `gateway-${change}`, level: 'info', text, count: 1, details });
  }

  /** An update was refused. */
  rejected(gateway: string, reason: RejectionReason, detail: string): void {
    const text = `an update of ${gateway} is refused: ${[reason, detail].filter(Boolean).join(': ')}`;
    const details = { gateway, reason, detail };
    // The gateway introduces itself and sends the update again, which is how each restart begins.
    const level = reason === 'unknown-sender' ? 'info' : 'warning';
    const code = reason === 'second-machine' ? 'twin-gateway' : 'update-rejected';
    this.counter.say({ code, level, text, details });
  }

  /**
   * A buffer has changed something for a gateway: its quarantine begins, or has ended.
   * @param times quarantines of it so far, with one that begins
   */
  judged(gateway: string, { change, trust = 0 }: Treatment, version: number, times = 1): void {
    const details = { gateway, version, trust };
    if (change === 'quarantined') {
      const isAgain = times > 1;
      const head = `${gateway} is quarantined${isAgain ? ` again, ${times} times by now` : ''}`;
      const why = `its updates ${offenceOf(trust)} (trust ${trust.toFixed(2)})`;
      const refused = `they are refused for ${quarantineVersions} versions, then taken on probation`;
      const advice = isAgain
        ? '. Look at its labels, sensors and software: if they are sound, release it; if not, take it out of the federation'
        : '';
      const code = isAgain ? 'quarantined-again' : 'quarantined';
      const text = `${head}: ${why}; ${refused}${advice}`;
      this.onNotice({ code, level: 'warning', text, count: 1, details: { ...details, times } });
    } else if (change === 'released')
      this.released(gateway, version, 'its probation has ended, and its updates count again');
  }

  /** A gateway has left its quarantine. */
  released(gateway: string, version: number, how: string): void {
    const text = `the quarantine of ${gateway} is over: ${how}`;
    const details = { gateway, version };
    this.onNotice({ code: 'quarantine-ended', level: 'info', text, count: 1, details });
  }

  /** The privacy budget of a gateway allows no further version with it. */
  privacySpent(gateway: string, { contributions, spentEpsilon }: GatewaySpending): void {
    const text = `the privacy budget of ${gateway} is spent: epsilon ${spentEpsilon.toPrecision(4)} after ${counted(contributions, 'update')}. It gets no more rounds, and predicts with the newest model`;
    this.counter.say({ code: 'privacy-spent', level: 'info', text, details: { gateway } });
  }

  /** A gateway held, or made of a grant, other parameters than this coordinator's under the number of a version. */
  differs(gateway: string, version: number): void {
    const text = `${gateway} has another model than this one as version ${version}; it asks for the newest one`;
    this.counter.say({ code: 'model-differs', level: 'warning', text, details: { gateway, version } });
  }

  /** Two runs of one gateway id answer. */
  twins(gateway: string): void {
    const text = `two gateways have the id ${gateway}: was a flow, or a disk, copied to a second machine? Each needs an id of its own; their updates count as those of one gateway`;
    this.counter.say({ code: 'twin-gateway', level: 'warning', text, details: { gateway } });
  }

  /** Something else that happened to the model. */
  say(notice: Omit<Notice, 'count'>): void {
    this.counter.say(notice);
  }
}

/** The notice that a task without a choice of its own has no protection against hostile gateways. */
export const unprotected = (because: Unprotected): Omit<Notice, 'count'> => ({
  code: 'unprotected',
  level: 'info',
  text: `hostile gateways count as all others: aggregation.robust is auto, and trust does not go with ${reasons[because]}`,
  details: { because },
});

const reasons: Readonly<Record<Unprotected, string>> = {
  masked: 'masked updates, which are known as a sum only',
  privacy: 'privacy of gateways, where limits must not follow from the updates of others',
  'single-contributions': 'versions of one contribution, which has nothing to be compared with',
  'kept-updates': 'a rule that remembers the update of every gateway',
};

/** The notice that nobody has been judged for long, though the protection is trust. */
export const notJudged = (stage: TrustStage = 'watching'): Omit<Notice, 'count'> => ({
  code: 'not-judged',
  level: 'info',
  text: `for many versions, no gateway could be quarantined as hostile: ${
    stage === 'watching'
      ? 'they are compared once five have contributed'
      : 'their updates go no common way that one could push back, so that long ones are refused or shortened, and no more'
  }; nothing is to be done`,
  details: { stage },
});

/** The notice that somebody else has published a later head in the name of this coordinator. @param newest version of this one */
export const headForged = (version: number, newest: number): Omit<Notice, 'count'> => ({
  code: 'head-forged',
  level: 'warning',
  text: `somebody with access to the broker has published version ${version} in the name of this coordinator, whose newest is ${newest}: it continues with its own model as version ${version + 1}. Look at who may write to the topics of the federation; invitations prevent this`,
  details: { version },
});

/** The notice that the folder, or the log on a server, can be used again. @param place with its word */
export const storageRecovered = (place: string): Omit<Notice, 'count'> => ({
  code: 'storage-recovered',
  level: 'info',
  text: `${place} can be used again`,
});

/** The notice that a lineage begins. */
export const lineageBegun = (lineage: string, text: string): Omit<Notice, 'count'> => ({
  code: 'lineage-begun',
  level: 'info',
  text,
  details: { lineage },
});

/** The notice that a model continues from something else than its newest state, as another version. */
export const modelRecovered = (
  version: number,
  text: string,
  level: NoticeLevel = 'warning',
): Omit<Notice, 'count'> => ({
  code: 'model-recovered',
  level,
  text,
  details: { version },
});
