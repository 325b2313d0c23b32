import { parseDate, parseIso } from '../../time';
import { isMissingWord, type MissingValues } from '../../values';
import { cellText, numberForm } from './number-cell';
import { parseClock, tidyTime } from './written-time';

/** Kind of a cell; `time` is a date, a time of day, or both. */
export type CellKind = 'empty' | 'missing' | 'number' | 'time' | 'text';

export function cellKind(cell: string, missing?: MissingValues): CellKind {
  const text = cellText(cell);
  if (text === '') return 'empty';
  if (numberForm(text) !== 'none') return 'number';
  if (isMissingWord(text, missing)) return 'missing';
  return isTime(text) ? 'time' : 'text';
}

function isTime(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first < 48 || first > 57) return false;
  return (
    parseIso(tidyTime(text)) !== undefined ||
    parseDate(text, 'day-first') !== undefined ||
    parseDate(text, 'month-first') !== undefined ||
    parseClock(text) !== undefined
  );
}
