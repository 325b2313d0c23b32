import { lettersOf } from '../cells/near-name';

/** Role of a column; `type` and `value` are those of a table with one row per value. */
export type ColumnRole = 'time' | 'label' | 'subject' | 'device' | 'type' | 'value';

/** Usual names of columns, reduced to lower-case letters; the most likely first. */
const usual: Readonly<Record<ColumnRole, readonly string[]>> = {
  time: (
    'timestamp datetime time timestampms timestampus timestampns timestamps timems timeus timens unixtime epoch epochms ts ' +
    'elapsedtime secondselapsed recordedat zeit zeitstempel horodatage fecha startdate starttime start date datum t'
  ).split(' '),
  label: 'label labels activity class target annotation gesture'.split(' '),
  subject:
    'subject user person participant patient subjectid userid personid participantid patientid subjectnumber usernumber id'.split(
      ' ',
    ),
  device:
    'device deviceid devicename machine machineid sensorid sensorname nodeid unitid serial serialnumber deviceserial mac macaddress'.split(
      ' ',
    ),
  type: 'type datatype metric measure measurement variable parameter signal quantity attribute channel sensor field'.split(
    ' ',
  ),
  value: 'value val reading measuredvalue'.split(' '),
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
  if (role !== 'time') return undefined;
  const index = bare.findIndex((column, i) => isStamp(column) && isPossible(i));
  return index < 0 ? undefined : index;
}

/** True for a name that has the word in it, such as `Phone timestamp`. */
export function isStamp(name: string): boolean {
  return lettersOf(name).includes('timestamp');
}

/** True for the usual name of a column of times, whose cells have to be times. */
export function isCertainTime(name: string): boolean {
  return ['timestamp', 'datetime', 'time', 'zeit', 'zeitstempel'].includes(lettersOf(name));
}

/** True for the usual name of a column or a field that says what a reading is, and is no input. */
export function isLabelColumn(name: string): boolean {
  return usual.label.includes(name.toLowerCase());
}

/** True for the usual name of a column of dates. */
export function isDateColumn(name: string): boolean {
  return dates.includes(lettersOf(name));
}

/** True for a name that a number of the person and a number of the row may have. */
export function isId(name: string): boolean {
  return lettersOf(name) === 'id';
}
