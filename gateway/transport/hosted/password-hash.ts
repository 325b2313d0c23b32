import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost of new hashes: 16 MB and some 50 ms of one thread. */
const cost = { N: 2 ** 14, r: 8, p: 1 } as const;
const hashBytes = 32;
const form = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,64})\$([\w-]{43})$/;

/** Hashes a password with scrypt (RFC 7914) in another thread. @returns `scrypt$N$r$p$salt$hash`, base64url */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  const { N, r, p } = cost;
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Whether it is the password of the hash. */
export async function isPasswordOf(hash: string, password: string): Promise<boolean> {
  const [, N, r, p, salt = '', expected = ''] = form.exec(hash) ?? [];
  if (N === undefined) return false;
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), options);
  return timingSafeEqual(derived, Buffer.from(expected, 'base64url'));
}

/** Whether a text is a hash that can be checked without more memory than those of `hashPassword` take. */
export function isPasswordHash(text: unknown): text is string {
  const [, N = 0, r = 0, p = 0] = typeof text === 'string' ? (form.exec(text) ?? []) : [];
  const power = Math.log2(Number(N));
  return Number.isInteger(power) && power >= 1 && Number(N) * Number(r) <= cost.N * cost.r && Number(p) === 1;
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hashBytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
