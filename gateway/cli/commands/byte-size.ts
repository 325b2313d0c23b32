import { parseByteSize } from '../../platform';
import { UsageError } from '../command/command';

/** Bytes of a size that an option gives. @throws UsageError naming the option and what came */
export function byteSizeOption(option: string, text: string): number {
  const size = parseByteSize(text);
  if (size !== undefined) return size;
  throw new UsageError(
    `${option}: expected a size like 192k, 0.5M or 200000 (bytes), got ${JSON.stringify(text)}`,
  );
}
