import { numberForm } from '../cells/number-cell';
import type { CsvRecord } from '../dialect/parse-records';

/** Rows that are examined. */
const mostRows = 50;

/**
 * The first cell of a column in which every cell is a number in a notation that is not read: with a currency, with the
 * exponents of Fortran (1.5D+02), in brackets or with the minus sign behind it as bookkeepers write negative numbers, with
 * digits of another script, or with groups of two digits. Undefined for other columns: words, codes, addresses.
 */
export function nearlyNumber(rows: readonly CsvRecord[], column: number): string | undefined {
  const cells = rows
    .slice(0, mostRows)
    .map(({ cells }) => (cells[column] ?? '').trim())
    .filter((cell) => cell !== '');
  return cells.length > 1 && cells.every(isNearlyNumber) ? cells.find((cell) => !isNumber(cell)) : undefined;
}

const isNumber = (text: string) => numberForm(text) !== 'none';

function isNearlyNumber(cell: string): boolean {
  if (isNumber(cell)) return true;
  if (cell.length > 40) return false;
  const bare = cell
    .replace(/^\((.*)\)$/u, '$1')
    .replace(/^[+-]?\s*\p{Sc}\s*|\s*\p{Sc}$/gu, '')
    .replace(/-$/, '')
    .replace(/(\d)[dD]([+-]?\d{1,3})$/, '$1e$2')
    .replace(/\p{Nd}/gu, (digit) => (/\d/.test(digit) ? digit : '0'))
    .replace(/^(\d{1,2})((?:,\d\d)+),(\d{3})(?=\.|$)/, '$1$3');
  return isNumber(bare);
}
