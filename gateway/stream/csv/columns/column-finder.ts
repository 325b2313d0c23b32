import { FtteError } from '../../../platform';
import { nearName } from '../cells/near-name';
import { nameAndUnit } from '../cells/units';
import type { Table } from '../dialect/find-table';

/** Finds columns of a file by name, or by number if they have no names. */
export class ColumnFinder {
  /** Names of the columns without units; their numbers, from 1, if the file has no header. */
  readonly names: readonly string[];
  readonly units: readonly string[];

  private readonly header: readonly string[] | undefined;

  /** @param given names that the user gives to the columns of a file without a header */
  constructor(
    private readonly path: string,
    private readonly table: Pick<Table, 'header' | 'width' | 'units' | 'otherNames'>,
    given?: readonly string[],
  ) {
    const { width, units } = table;
    const header = table.header ?? given;
    this.header = header;
    const columns = Array.from({ length: width }, (_, i) =>
      nameAndUnit(header ? (header[i] ?? '') : `${i + 1}`),
    );
    const bare = columns.map(({ name }) => name);
    // Words in brackets that distinguish columns are parts of their names.
    const areDistinct = new Set(bare).size === new Set(header).size;
    this.names = header && !areDistinct ? columns.map((_, i) => header[i] ?? '') : bare;
    this.units = columns.map(({ unit }, i) => unit || (units[i] ?? ''));
  }

  /** Index of the column of a name; undefined if there is none. @throws FtteError `recording-invalid` if there are two */
  find(name: string): number | undefined {
    const wanted = name.trim();
    return this.only(this.header ?? this.names, wanted) ?? this.only(this.names, wanted);
  }

  /** As `find`. @throws FtteError `recording-invalid` naming the existing columns, and one with a similar name */
  need(name: string): number {
    const index = this.find(name);
    if (index !== undefined) return index;
    const { path } = this;
    const near = nearName(name, this.names);
    const meant = near === undefined ? '' : `; is "${near}" meant?`;
    throw new FtteError(
      'recording-invalid',
      `${path} has no column "${name}"; ${this.description()}${meant}`,
      {
        path,
        column: name,
      },
    );
  }

  /** The existing columns in words. */
  description(): string {
    const { names, header } = this;
    if (!header) return `it has no header${this.otherNames()}, and its columns are 1 to ${names.length}`;
    const shown = names.filter((name) => name !== '').slice(0, 40);
    return `it has ${shown.join(', ')}${shown.length < names.length - 40 ? ', ...' : ''}`;
  }

  /** A line that would be the header if it had a name for each column, in words. */
  private otherNames(): string {
    const { otherNames, width } = this.table;
    return otherNames ? ` for its rows of ${width} cells (${otherNames.cells.join(', ')})` : '';
  }

  /** @throws FtteError `recording-invalid` if another column has this name */
  refuseDouble(index: number): void {
    this.only(this.names, this.names[index]!);
  }

  private only(names: readonly string[], name: string): number | undefined {
    const first = names.indexOf(name);
    if (first < 0) return undefined;
    const other = names.indexOf(name, first + 1);
    if (other < 0) return first;
    const { path } = this;
    throw new FtteError(
      'recording-invalid',
      `${path} has the column "${name}" twice (${first + 1} and ${other + 1}), expected one of that name`,
      { path, column: name },
    );
  }
}
