import { type Deposit, mostSetups } from '../../masking';

/** The seeds of gateways that their helpers have not confirmed: each goes again to a helper that is connected again. */
export class SeedsOnTheWay {
  private readonly deposits = new Map<string, Deposit[]>();

  /** Number of deposits. */
  get size(): number {
    return [...this.deposits.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Adds a deposit. Of a gateway that comes with more setups than a helper keeps, the oldest goes. */
  add(deposit: Deposit): void {
    const { helper, gateway, setup } = deposit;
    const others = (this.deposits.get(nameOf(helper, gateway)) ?? []).filter((one) => one.setup !== setup);
    this.deposits.set(nameOf(helper, gateway), [...others, deposit].slice(-mostSetups));
  }

  /** Removes what a helper has written to its disk. */
  held(helper: number, gateway: string, setup: string): void {
    const name = nameOf(helper, gateway);
    const left = (this.deposits.get(name) ?? []).filter((one) => one.setup !== setup);
    if (left.length > 0) this.deposits.set(name, left);
    else this.deposits.delete(name);
  }

  /** The deposits for a helper, the oldest of each gateway first. */
  of(helper: number): Deposit[] {
    return [...this.deposits.values()].flatMap((deposits) => deposits.filter((one) => one.helper === helper));
  }

  clear(): void {
    this.deposits.clear();
  }
}

const nameOf = (helper: number, gateway: string) => `${helper} ${gateway}`;
