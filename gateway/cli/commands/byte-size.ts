import { UsageError } from '../command/command';

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Parses a size as a person writes it: `200000` (bytes), `192k`, `0.5M`, `192 KB`. A kilobyte is 1024 bytes, as in the
 * nodes' dialogs. Fractions of a byte are dropped.
 * @throws UsageError
 */
export function parseByteSize(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+\.?\d*|\.\d+)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  const size = Math.floor(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(size) && size > 0) return size;
  throw new UsageError(
    `${option}: expected a size like 192k, 0.5M or 200000 (bytes), got ${JSON.stringify(text)}`,
  );
}
