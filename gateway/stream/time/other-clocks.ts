/** Numbers of the years 2000 to 2100 that are not read as times, because they count from another start or in another unit. */
const counted: readonly { readonly from: number; readonly to: number; readonly name: string }[] = [
  { from: 6.307e17, to: 6.63e17, name: 'ticks of .NET' },
  { from: 1.259e17, to: 1.575e17, name: 'Windows file times' },
];

/** The clock that counts to a number of this size; undefined if there is none. */
export function countedClock(value: number): string | undefined {
  return counted.find(({ from, to }) => value >= from && value < to)?.name;
}

/** The clock of LabVIEW and of old Macintosh computers. */
export const clockOf1904 = 'seconds since 1904';

/** True for seconds since 1904 from 2007 to 2032, which would be the years 2072 to 2098 if they counted from 1970. */
export function isSince1904(value: number | undefined): boolean {
  return value !== undefined && value >= 3.25e9 && value < 4.07e9;
}

/** The clock of spreadsheets, whose days count from the end of 1899. */
export const serialDays = 'days of a spreadsheet';

/** True for a day of 2000 to 2100 as spreadsheets count them. */
export const isSerialDay = (value: number): boolean => value >= 36_526 && value < 73_051;
