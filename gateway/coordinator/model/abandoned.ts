/** Versions that a rollback left behind: those after `after` and before `before`. */
export interface Abandoned {
  readonly after: number;
  readonly before: number;
}
