/** Good rounds after which the rate may double again. */
const recoveryRounds = 8;
/** Smallest share of the task's rate. */
const leastShare = 2 ** -10;
/** A loss after a round that is at least this many times the loss before has not been learned from. */
const explosion = { factor: 2, constant: 1 };

/** Whether a round made its own model useless: numbers that are not finite, or a loss far above the one before. */
export const isExplosion = (lossBefore: number, lossAfter: number): boolean =>
  !Number.isFinite(lossBefore) ||
  !Number.isFinite(lossAfter) ||
  lossAfter > explosion.factor * lossBefore + explosion.constant;

/**
 * Halves a gateway's learning rate after each round that diverged, and doubles it again, up to the task's, after some
 * that did not: a rate that suits the federation may be too large for the signals of one gateway.
 */
export class RateGuard {
  private present = 1;
  private goodRounds = 0;

  /** Share of the task's rate with which the next round trains. */
  get share(): number {
    return this.present;
  }

  diverged(): void {
    this.present = Math.max(leastShare, this.present / 2);
    this.goodRounds = 0;
  }

  succeeded(): void {
    if (this.present === 1 || ++this.goodRounds < recoveryRounds) return;
    this.goodRounds = 0;
    this.present *= 2;
  }
}
