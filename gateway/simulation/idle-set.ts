import type { Random } from '../platform';

/** Clients that could start a round now; a uniform draw, adding and removing take constant time. */
export class IdleSet {
  private readonly members: number[] = [];
  private readonly places = new Map<number, number>();

  get size(): number {
    return this.members.length;
  }

  has(client: number): boolean {
    return this.places.has(client);
  }

  add(client: number): void {
    if (this.places.has(client)) return;
    this.places.set(client, this.members.length);
    this.members.push(client);
  }

  remove(client: number): boolean {
    const place = this.places.get(client);
    if (place === undefined) return false;
    this.places.delete(client);
    const last = this.members.pop() as number;
    if (last !== client) {
      this.members[place] = last;
      this.places.set(last, place);
    }
    return true;
  }

  /** Takes one out, each with the same chance; undefined where there is none. */
  draw(random: Random): number | undefined {
    if (this.members.length === 0) return undefined;
    const client = this.members[random.integer(this.members.length)] as number;
    this.remove(client);
    return client;
  }
}
