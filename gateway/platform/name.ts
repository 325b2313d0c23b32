const namePattern = /^[A-Za-z0-9._-]{1,64}$/;

/** Whether a federation or gateway may be called this: one level of a topic, no wildcard, nothing to escape. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && namePattern.test(value);
}
