/** Whether only programs on this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The address under which connections are counted. A machine has 2^64 addresses of IPv6, so these are counted by their
 * network.
 */
export function countedAddress(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':') || plain === '::1') return plain;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - before.length - tail.split(':').filter(Boolean).length;
  const groups = [...before, ...Array.from({ length: missing }, () => '0')];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
