import type { FileStore } from '../file-store';
import type { GrowingFiles } from '../log/update-log';
import { logError } from '../shared/shared-log';
import type { PostgresSession } from './postgres-session';
import type { PostgresWrites } from './postgres-writes';

/** Bytes of a row, so that each answer comes within the patience of a connection. */
const pieceBytes = 4 * 1024 * 1024;
/** Rows that one query reads. */
const piecesAtATime = 16;

/** The files of one model, in rows. */
export class PostgresFiles implements FileStore, GrowingFiles {
  /** Files that the checkpoint creates which is being laid out. */
  private readonly created = new Set<string>();

  constructor(
    private readonly session: PostgresSession,
    private readonly writes: PostgresWrites,
    private readonly model: string,
  ) {}

  /** Runs writes that appear in one step. @throws FtteError `storage` */
  async together(write: () => Promise<void>): Promise<void> {
    if (this.writes.areGathered) return write();
    try {
      await this.writes.together(write);
    } finally {
      this.created.clear();
    }
  }

  async list(): Promise<string[]> {
    const { rows } = await this.session.query(
      'SELECT name FROM ftte_file WHERE federation = $1 AND model = $2 AND piece = 0',
      this.of(),
    );
    return rows.map(({ name }) => String(name));
  }

  async read(name: string): Promise<Uint8Array> {
    const pieces: Buffer[] = [];
    for (let last = -1; ; ) {
      const { rows } = await this.session.query(
        `SELECT piece, bytes FROM ftte_file WHERE federation = $1 AND model = $2 AND name = $3 AND piece > $4
         ORDER BY piece LIMIT ${piecesAtATime}`,
        this.of(name, last),
      );
      pieces.push(...rows.map(({ bytes }) => bytes as Buffer));
      if (rows.length < piecesAtATime) break;
      last = Number(rows.at(-1)?.['piece']);
    }
    if (pieces.length === 0) throw logError(this.session.place, 'missing', `has no file ${name}`);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    return this.together(async () => {
      await this.remove(name);
      await this.insert(name, parts);
    });
  }

  async create(name: string, parts: readonly Uint8Array[]): Promise<boolean> {
    // Nobody but the leader, who writes one checkpoint at a time, creates files.
    if (this.created.has(name) || (await this.list()).includes(name)) return false;
    await this.together(async () => {
      this.created.add(name);
      await this.insert(name, parts);
    });
    return true;
  }

  async append(name: string, parts: readonly Uint8Array[]): Promise<void> {
    if (parts.length > 0) await this.together(() => this.insert(name, parts));
  }

  async remove(name: string): Promise<void> {
    await this.writes.run((query) =>
      query('DELETE FROM ftte_file WHERE federation = $1 AND model = $2 AND name = $3', this.of(name)),
    );
  }

  async setAside(name: string): Promise<string> {
    const names = new Set(await this.list());
    let number = 1;
    while (names.has(`${name}.damaged-${number}`)) number++;
    const aside = `${name}.damaged-${number}`;
    await this.writes.run((query) =>
      query(
        'UPDATE ftte_file SET name = $4 WHERE federation = $1 AND model = $2 AND name = $3',
        this.of(name, aside),
      ),
    );
    return aside;
  }

  async close(): Promise<void> {}

  /** Inserts the next pieces of a file; of one without bytes, an empty piece. */
  private async insert(name: string, parts: readonly Uint8Array[]): Promise<void> {
    for (const piece of piecesOf(parts))
      await this.writes.run((query) =>
        query(
          `INSERT INTO ftte_file
           SELECT $1, $2, $3, coalesce(max(piece) + 1, 0), $4 FROM ftte_file
           WHERE federation = $1 AND model = $2 AND name = $3`,
          this.of(name, Buffer.concat(piece)),
        ),
      );
  }

  private of(...values: readonly unknown[]): unknown[] {
    return [this.session.federation, this.model, ...values];
  }
}

/** The bytes of a file, divided into pieces. One without bytes is one piece, too. */
function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let piece: Uint8Array[] = [];
  let room = pieceBytes;
  for (const part of parts) {
    for (let from = 0; from < part.length; ) {
      const view = part.subarray(from, from + room);
      piece.push(view);
      from += view.length;
      room -= view.length;
      if (room > 0) continue;
      yield piece;
      piece = [];
      room = pieceBytes;
    }
  }
  if (piece.length > 0 || room === pieceBytes) yield piece;
}
