/** Versions after `after` and before `before` were left behind by a rollback. */
export interface Abandoned {
  readonly after: number;
  readonly before: number;
}
