import type { NoticeCode } from './notice-codes';

/** Troubles that are over when the broker is connected. The others of a broker come while it is connected, too. */
const overWhenConnected: readonly NoticeCode[] = [
  'broker',
  'broker-unreachable',
  'broker-credentials',
  'broker-no-login',
  'broker-invitation',
  'broker-tls',
  'broker-client-id',
  'broker-protocol',
  'broker-busy',
  'broker-closed',
  'broker-port-taken',
];

/** Whether `broker-recovered` ends a trouble. */
export const isOverWhenConnected = (code: NoticeCode): boolean => overWhenConnected.includes(code);

/** Whether of two notices the later one makes the earlier one past: a trouble and its recovery. */
export const isOpposite = (one: NoticeCode, other: NoticeCode): boolean =>
  (one === 'broker-recovered' && isOverWhenConnected(other)) ||
  (other === 'broker-recovered' && isOverWhenConnected(one));
