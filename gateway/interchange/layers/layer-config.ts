import { isObject, jsonExcerpt } from '../../platform';
import type { Problems } from '../format/problems';
import type { SavedLayer } from '../format/saved-graph';

/** The settings of one saved layer; what our layers cannot do becomes a problem that names layer and setting. */
export class LayerConfig {
  constructor(
    readonly layer: SavedLayer,
    private readonly problems: Problems,
    private readonly remarks: string[],
  ) {}

  problem(text: string): void {
    this.problems.add(`layer "${this.layer.name}" (${this.layer.className}) ${text}`);
  }

  /** Says something that does not matter to predictions. */
  remark(text: string): void {
    this.remarks.push(`layer "${this.layer.name}" (${this.layer.className}) ${text}`);
  }

  /** The settings that say what the layer computes, shortened. */
  excerpt(): string {
    const telling = Object.entries(this.layer.config).filter(
      ([key, value]) =>
        value !== null && !/^(name|trainable|dtype|seed)$|_(initializer|regularizer|constraint)$/.test(key),
    );
    return telling.length === 0 ? 'no settings' : jsonExcerpt(Object.fromEntries(telling), 160);
  }

  /** A setting as it is there, null taken as left out. */
  raw(key: string): unknown {
    return this.layer.config[key] ?? undefined;
  }

  /** A positive whole number, also as a list of one. */
  whole(key: string): number {
    const [value] = this.wholes(key, 1);
    return value ?? 1;
  }

  /** Positive whole numbers of `count` directions; one number counts for all of them. */
  wholes(key: string, count: number, fallback?: unknown): number[] {
    const value = this.raw(key) ?? fallback;
    const list = Array.isArray(value) ? value : Array(count).fill(value);
    if (list.length === count && list.every((item) => Number.isInteger(item) && item > 0)) return list;
    this.problem(
      `has ${key} ${jsonExcerpt(value)}, expected ${count === 1 ? 'a whole number' : 'whole numbers'} above 0`,
    );
    return Array(count).fill(1);
  }

  number(key: string, fallback: number): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.problem(`has ${key} ${jsonExcerpt(value)}, expected a number`);
    return fallback;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    return value === true;
  }

  /** Settings that can only be what they are in our layers. Left out counts as right. */
  wants(settings: Readonly<Record<string, readonly unknown[]>>): void {
    for (const [key, allowed] of Object.entries(settings)) {
      const value = this.raw(key);
      if (value === undefined || allowed.some((one) => same(value, one))) continue;
      this.problem(
        `has ${key} ${jsonExcerpt(value)}, supported: ${allowed.map((each) => jsonExcerpt(each)).join(', ')}`,
      );
    }
  }

  /** `same` or `valid`, or one of the `others`; `valid` by default. */
  padding<Other extends string = never>(others: readonly Other[] = []): 'same' | 'valid' | Other {
    const allowed = ['same', 'valid', ...others] as const;
    this.wants({ padding: allowed });
    return allowed.find((padding) => padding === this.raw('padding')) ?? 'valid';
  }

  /** A layer that stands as a setting of this one; its problems name this one. */
  nested(key: string): { className: string; config: LayerConfig } | undefined {
    const value = this.raw(key);
    const className = isObject(value) ? value['class_name'] : undefined;
    const config = isObject(value) ? value['config'] : undefined;
    if (typeof className !== 'string' || !isObject(config)) return undefined;
    return { className, config: new LayerConfig({ ...this.layer, config }, this.problems, this.remarks) };
  }

  /** The name of an activation function; `linear` for none. */
  activation(key = 'activation'): string {
    const value = this.raw(key) ?? 'linear';
    const name = isObject(value) ? (value['config'] ?? value['class_name']) : value;
    if (isObject(name) && typeof name['name'] === 'string') return name['name'];
    return typeof name === 'string' ? name : jsonExcerpt(value);
  }
}

/** Equal, a list of equal numbers counting as one of them. */
function same(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => same(item, wanted));
  return value === wanted;
}
