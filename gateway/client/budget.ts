import { FtteError, parseByteSize } from '../platform';

/**
 * A memory budget in bytes, from a number of bytes or a text such as `256k` or `0.5M`.
 * @throws FtteError `config-invalid` naming the value that came
 */
export function budgetBytes(budget: number | string): number {
  const bytes = typeof budget === 'string' ? parseByteSize(budget) : Math.floor(budget);
  if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new FtteError(
    'config-invalid',
    `budget: expected bytes or a size such as 256k or 0.5M, got ${JSON.stringify(budget)}`,
    { field: 'budget' },
  );
}
