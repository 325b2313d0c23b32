/** A value of a curve; null: there is none at this point. */
export type Value = number | null;

/** Points as one array per value: a third of the text of one object per point. */
export type Columns<Key extends string> = Readonly<Record<Key, readonly Value[]>>;

/** The columns of points. */
export function columnsOf<Key extends string>(
  points: readonly Readonly<Record<Key, Value>>[],
  keys: readonly Key[],
): Columns<Key> {
  const columns: Partial<Record<Key, readonly Value[]>> = {};
  for (const key of keys) columns[key] = points.map((point) => point[key]);
  return columns as Columns<Key>;
}

/** A value with as many digits as a curve shows; null for what is missing or not finite. */
export function shown(value: number | undefined): Value {
  if (value === undefined || !Number.isFinite(value)) return null;
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}
