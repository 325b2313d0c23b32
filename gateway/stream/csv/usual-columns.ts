import { lettersOf } from './near-name';

/** What a column may be beside a channel. */
export type ColumnRole = 'time' | 'label' | 'subject';

/** Names of columns without blanks and marks, in lower case, the likeliest first. */
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

/** Index of the column that has a usual name of a role; undefined if none has. */
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

/** True for the name of a column with dates, beside which another may have the times of day. */
export function isDateColumn(name: string): boolean {
  return dates.includes(lettersOf(name));
}
