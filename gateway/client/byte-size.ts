import { describeValue, FtteError, parseByteSize } from '../platform';

/**
 * A size in bytes, from a number of bytes or a text such as `256k` or `0.5M`.
 * @param field the option that has the value, for the error
 * @throws FtteError `config-invalid` naming the value that came
 */
export function byteSize(field: string, size: number | string): number {
  const bytes = typeof size === 'string' ? parseByteSize(size) : Math.floor(size);
  if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new FtteError(
    'config-invalid',
    `${field}: expected bytes or a size such as 256k or 0.5M, got ${describeValue(size)}`,
    { field },
  );
}
