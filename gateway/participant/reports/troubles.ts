import { FtteError, type NoticeCode, noticeCodeOf } from '../../platform';

/**
 * The parts of a participant that can be in trouble: three messages, two files, the rounds, the coordinator's verdicts.
 * `twin`: another machine has its id. `damage`: samples of the file were lost. `engine`: it computes slowly. `privacy`: its
 * budget is spent, or is not known.
 */
export type TroubleSource =
  | 'hello'
  | 'ready'
  | 'update'
  | 'outbox'
  | 'samples'
  | 'round'
  | 'verdict'
  | 'twin'
  | 'damage'
  | 'engine'
  | 'privacy';

/** Troubles with which a gateway learns: any other one is the reason if it does not. */
const minor: readonly TroubleSource[] = ['twin', 'damage', 'engine'];

/** The parts in trouble, and why, from the first failure to the next success: the reason of a standstill before it is one. */
export class Troubles {
  private readonly codes = new Map<TroubleSource, NoticeCode>();

  /** @param onChange called when `first` may be another */
  constructor(private readonly onChange: () => void) {}

  /** The oldest trouble that lasts and may be the reason of a standstill. */
  get first(): NoticeCode | undefined {
    return this.find(false);
  }

  /** The oldest trouble with which the gateway learns. */
  get firstMinor(): NoticeCode | undefined {
    return this.find(true);
  }

  private find(isMinor: boolean): NoticeCode | undefined {
    for (const [source, code] of this.codes) if (minor.includes(source) === isMinor) return code;
    return undefined;
  }

  /** A part failed. An error that says no more than that the connection ended is no trouble of that part. */
  failed(source: TroubleSource, reason: NoticeCode | Error): void {
    const code = typeof reason === 'string' ? reason : noticeCodeOf(reason);
    if (code === 'offline' || code === 'cancelled' || isUnknown(reason) || this.codes.get(source) === code)
      return;
    this.codes.set(source, code);
    this.onChange();
  }

  /** The broker has taken a message of a part, which says nothing about its answer. */
  sent(source: TroubleSource): void {
    if (this.codes.get(source) !== 'not-answered') this.works(source);
  }

  /** A part works again. */
  works(source: TroubleSource): void {
    if (this.codes.delete(source)) this.onChange();
  }
}

/** Whether an error is of nobody's making that a person could do something about. */
const isUnknown = (reason: NoticeCode | Error) =>
  typeof reason !== 'string' && !(reason instanceof FtteError);
