import { lettersOf } from '../cells/near-name';

/** Role of a column that is no channel. */
export type ColumnRole = 'time' | 'label' | 'subject';

/** Usual names of columns, reduced to lower-case letters; the most likely first. */
const usual: Readonly<Record<ColumnRole, readonly string[]>> = {
  time: (
    'timestamp datetime time timestampms timestampus timestampns timestamps timems timeus timens unixtime epoch epochms ts ' +
    'elapsedtime secondselapsed recordedat zeit zeitstempel horodatage fecha startdate starttime start date datum t'
  ).split(' '),
  label: 'label labels activity class target annotation gesture'.split(' '),
  subject:
    'subject user person participant patient subjectid userid personid participantid patientid subjectnumber usernumber'.split(
      ' ',
    ),
};
const dates: readonly string[] = ['date', 'datum', 'fecha'];

/** Index of the first possible column with a usual name of a role; undefined if there is none. */
export function usualColumn(
  role: ColumnRole,
  names: readonly string[],
  isPossible: (index: number) => boolean,
): number | undefined {
  const bare = names.map(lettersOf);
  for (const name of usual[role]) {
    const index = bare.findIndex((column, i) => column === name && isPossible(i));
    if (index >= 0) return index;
  }
  return undefined;
}

/** True for the usual name of a column of dates. */
export function isDateColumn(name: string): boolean {
  return dates.includes(lettersOf(name));
}
