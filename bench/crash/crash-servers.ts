import { startNats } from '../../tools/support/nats';
import { startPostgres } from '../../tools/support/postgres';

/** The places where the coordinators of a schedule keep their updates and versions. */
export const crashLogs = ['folder', 'postgres', 'jetstream'] as const;
export type CrashLog = (typeof crashLogs)[number];

/** The server of a log, which can be killed and started again with what it has on disk. */
export interface LogServer {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server of a log. Undefined for the folder. */
export async function startLogServer(log: CrashLog): Promise<LogServer | undefined> {
  switch (log) {
    case 'folder':
      return undefined;
    case 'postgres':
      return startPostgres();
    case 'jetstream':
      return startNats();
  }
}
