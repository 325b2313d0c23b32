import { describeValue, FtteError, parseByteSize } from '../../platform';

/**
 * A size in bytes, from a number of bytes or a text such as `256k` or `0.5M`.
 * @param field the option that has the value, for the error
 * @param least kilobytes are easily meant by a number, so a field may have a least size
 * @throws FtteError `config-invalid` naming the value that came
 */
export function byteSize(field: string, size: number | string, least = 1): number {
  const bytes =
    typeof size === 'string' ? parseByteSize(size) : typeof size === 'number' ? Math.floor(size) : undefined;
  if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= least) return bytes;
  throw new FtteError(
    'config-invalid',
    `${field}: expected ${bytes !== undefined && bytes > 0 && bytes < least ? `at least ${least / 1024}k as ` : ''}bytes or a size such as 256k or 0.5M, got ${describeValue(size)}`,
    { field },
  );
}
