/** Numbers of the years 2000 to 2100 that are not read as times, because they count from another start or in another unit. */
const counted: readonly { readonly from: number; readonly to: number; readonly name: string }[] = [
  { from: 6.307e17, to: 6.63e17, name: 'ticks of .NET' },
  { from: 1.259e17, to: 1.575e17, name: 'Windows file times' },
];

/** The clock that counts to a number of this size; undefined if there is none. */
export function countedClock(value: number): string | undefined {
  return counted.find(({ from, to }) => value >= from && value < to)?.name;
}

/** The clocks of LabVIEW and old Macintosh computers, and of NTP. They are four years apart, so that none is named alone. */
export const earlyClocks = 'seconds since 1904 or since 1900 (NTP)';

/** True for seconds of such a clock from 2007 to 2036, which would be the years 2072 to 2106 if they counted from 1970. */
export function isEarlyClock(value: number | undefined): boolean {
  return value !== undefined && value >= 3.25e9 && value < 2 ** 32;
}

/** The clock of spreadsheets, whose days count from the end of 1899. */
export const serialDays = 'days of a spreadsheet';

/** True for a day of 2000 to 2100 as spreadsheets count them. */
export const isSerialDay = (value: number): boolean => value >= 36_526 && value < 73_051;

/** Seconds from 1900, where NTP begins to count, to 1970. */
const ntpSeconds = 2_208_988_800;

/** True for a 64-bit time of NTP (RFC 5905) of the years 2000 to 2036: seconds since 1900 in the upper half, their fraction below. */
export const isNtp = (value: number): boolean =>
  value >= (ntpSeconds + 946_684_800) * 2 ** 32 && value < 2 ** 64;

/** Milliseconds since 1970 of such a time. */
export const ntpMs = (value: number): number => (value / 2 ** 32 - ntpSeconds) * 1000;
