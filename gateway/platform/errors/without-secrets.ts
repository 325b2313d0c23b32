/**
 * The address of a server for an error or a log, whatever is wrong with it: all before the last `@`, but for the scheme, may be
 * a login, and settings behind a `?` may hold a password. Neither is shown.
 */
export const withoutSecrets = (address: string): string =>
  address.replace(/^(\w+:\/\/)?.*@/s, '$1***@').replace(/\?.*$/s, '?***');
