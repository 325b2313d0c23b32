import type { FileStore } from '../file-store';
import type { GrowingFiles } from '../log/update-log';
import { logError } from '../shared/shared-log';
import type { PostgresSession } from './postgres-session';

/** The files of one model, in rows. */
export class PostgresFiles implements FileStore, GrowingFiles {
  constructor(
    private readonly session: PostgresSession,
    private readonly model: string,
  ) {}

  async list(): Promise<string[]> {
    const { rows } = await this.session.query(
      'SELECT name FROM ftte_file WHERE federation = $1 AND model = $2 AND piece = 0',
      this.of(),
    );
    return rows.map(({ name }) => String(name));
  }

  async read(name: string): Promise<Uint8Array> {
    const { rows } = await this.session.query(
      'SELECT bytes FROM ftte_file WHERE federation = $1 AND model = $2 AND name = $3 ORDER BY piece',
      this.of(name),
    );
    if (rows.length === 0) throw logError(this.session.place, 'missing', `has no file ${name}`);
    const pieces = rows.map(({ bytes }) => bytes as Buffer);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    await this.session.lead(() =>
      this.session.query(
        `INSERT INTO ftte_file VALUES ($1, $2, $3, 0, $4)
         ON CONFLICT (federation, model, name, piece) DO UPDATE SET bytes = $4`,
        this.of(name, Buffer.concat(parts)),
      ),
    );
  }

  async create(name: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const { rowCount } = await this.session.lead(() =>
      this.session.query(
        'INSERT INTO ftte_file VALUES ($1, $2, $3, 0, $4) ON CONFLICT DO NOTHING',
        this.of(name, Buffer.concat(parts)),
      ),
    );
    return rowCount === 1;
  }

  async append(name: string, parts: readonly Uint8Array[]): Promise<void> {
    if (parts.length === 0) return;
    await this.session.lead(() =>
      this.session.query(
        `INSERT INTO ftte_file
         SELECT $1, $2, $3, max(piece) + 1, $4 FROM ftte_file WHERE federation = $1 AND model = $2 AND name = $3`,
        this.of(name, Buffer.concat(parts)),
      ),
    );
  }

  async remove(name: string): Promise<void> {
    await this.session.lead(() =>
      this.session.query(
        'DELETE FROM ftte_file WHERE federation = $1 AND model = $2 AND name = $3',
        this.of(name),
      ),
    );
  }

  async setAside(name: string): Promise<string> {
    const names = new Set(await this.list());
    let number = 1;
    while (names.has(`${name}.damaged-${number}`)) number++;
    const aside = `${name}.damaged-${number}`;
    await this.session.lead(() =>
      this.session.query(
        'UPDATE ftte_file SET name = $4 WHERE federation = $1 AND model = $2 AND name = $3',
        this.of(name, aside),
      ),
    );
    return aside;
  }

  async close(): Promise<void> {}

  private of(...values: readonly unknown[]): unknown[] {
    return [this.session.federation, this.model, ...values];
  }
}
