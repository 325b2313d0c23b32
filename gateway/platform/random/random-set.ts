import type { Random } from './random';

/** A set that draws its members at random, each with the same probability. Every operation takes constant time. */
export class RandomSet<Item> {
  private readonly members: Item[] = [];
  private readonly places = new Map<Item, number>();

  get size(): number {
    return this.members.length;
  }

  add(item: Item): void {
    if (this.places.has(item)) return;
    this.places.set(item, this.members.length);
    this.members.push(item);
  }

  /** @returns false if the item was not in the set */
  remove(item: Item): boolean {
    const place = this.places.get(item);
    if (place === undefined) return false;
    this.places.delete(item);
    const last = this.members.pop() as Item;
    if (place < this.members.length) {
      this.members[place] = last;
      this.places.set(last, place);
    }
    return true;
  }

  /** Removes a random item and returns it. Undefined if the set is empty. */
  draw(random: Random): Item | undefined {
    if (this.members.length === 0) return undefined;
    const item = this.members[random.integer(this.members.length)] as Item;
    this.remove(item);
    return item;
  }
}
