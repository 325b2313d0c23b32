/** Entries by key, each of which stays until its owner removes it. */
export class Registry<Key, Value> {
  private readonly entries = new Map<Key, Value>();

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  /** Adds an entry, or replaces the one of this key. @returns removes it, unless another has replaced it */
  set(key: Key, value: Value): () => void {
    this.entries.set(key, value);
    return () => {
      if (this.entries.get(key) === value) this.entries.delete(key);
    };
  }

  /**
   * Adds an entry whose key only one owner may have.
   * @param refusal makes the error for the second owner from the entry of the first
   * @returns removes it
   */
  claim(key: Key, value: Value, refusal: (holder: Value) => Error): () => void {
    const holder = this.entries.get(key);
    if (holder !== undefined) throw refusal(holder);
    return this.set(key, value);
  }
}
