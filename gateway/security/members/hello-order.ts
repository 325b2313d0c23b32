import type { VerifiedHello } from '../pair/hello';
import { SecurityError } from '../rules/security-error';

/** Hellos of a member that are remembered: a repetition is distinguished from a second machine. */
const mostDigests = 8;

/** Follows the hellos of one member: run and number never go down (P-15, P-29). */
export class HelloOrder {
  private number = -1;
  private newest = '';
  private digests: readonly string[] = [];

  /** @param run the highest run of an earlier start of the coordinator */
  constructor(private highestRun = -1) {}

  get run(): number {
    return this.highestRun;
  }

  /**
   * Checks a hello without taking it.
   * @throws SecurityError `hello-old` for one that was repeated, `second-machine`
   */
  check({ run, number, digest, gateway }: VerifiedHello): void {
    if (digest === this.newest) return;
    if (this.digests.includes(digest))
      throw new SecurityError('hello-old', `an earlier hello of ${gateway} came again`);
    if (run > this.highestRun) return;
    if (run === this.highestRun && number > this.number) return;
    // Of one start of one machine, nothing is sent with a lower number after a higher one.
    throw new SecurityError(
      'second-machine',
      `${gateway} said hello with run ${run}, number ${number} after run ${this.highestRun}, number ${this.number}: two ` +
        'machines use one key (a copied user directory), or a backup was restored. Give the second machine its own key ' +
        'and an invitation; after a restore, start the gateway again when its clock is right',
      { gateway },
    );
  }

  /** Takes a hello that was checked. */
  take({ run, number, digest }: VerifiedHello): void {
    if (digest === this.newest) return;
    this.highestRun = run;
    this.number = number;
    this.newest = digest;
    this.digests = [...this.digests, digest].slice(-mostDigests);
  }
}
