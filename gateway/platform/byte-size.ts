const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * The bytes of a size as a person writes it: `200000` (bytes), `192k`, `0.5M`, `192 KB`. A kilobyte is 1024 bytes, as
 * in the dialogs of the nodes; a fraction of a byte is dropped. Undefined if the text is not a size above zero.
 */
export function parseByteSize(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+\.?\d*|\.\d+)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  const size = Math.floor(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  return number !== '' && Number.isSafeInteger(size) && size > 0 ? size : undefined;
}
