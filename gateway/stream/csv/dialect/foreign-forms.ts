import type { Dialect } from './dialect';

/** The beginnings of rows in which Garmin's tools write one message each: its kind, a number, and its name. */
const garminRow = /^(Definition|Data),\d+,[a-z_]+$/;

/** A file that is read only after a conversion, and the conversion, in words; undefined for any other file. */
export function foreignForm({ rows }: Pick<Dialect, 'rows'>): string | undefined {
  const isGarmin = rows.some(({ cells }) => garminRow.test(cells.slice(0, 3).join(',')));
  return isGarmin
    ? 'a list of messages of a FIT file, with the name of each value in its row: make a table of it with ' +
        "Garmin's FitCSVTool and --data record, and read the file whose name ends with _data.csv"
    : undefined;
}
