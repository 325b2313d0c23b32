import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isName,
  makeFolderNow,
  messageOf,
  type NoticeCode,
  type Random,
  storageError,
} from '../../gateway/platform';

/** The machine, and what happened on it. */
export interface OwnIdOptions {
  readonly host: string;
  readonly random: Random;
}

/** The state of a federation node. */
export interface OwnIdPlace {
  readonly nodeId: string;
  /** The folder of the node. */
  readonly folder: string;
  /** Folders of the nodes that use it: if there is something in one, it has run before. */
  readonly users: () => readonly string[];
}

type Report = (text: string, code: NoticeCode) => void;

/** The file in the folder of a federation node. */
export const ownIdFile = (folder: string) => join(folder, 'gateway-id.json');

const suffixLetters = 6;

/**
 * Ids of gateways whose field is empty: the machine's name and some letters, drawn at the first start and kept in a file, so
 * that two machines of one image or one flow differ. A gateway that ran before ids were drawn keeps the one that it had.
 */
export class OwnIds {
  /** Drawn and not kept yet: a dialog shows what the start will keep. */
  private readonly drawn = new Map<string, string>();

  constructor(private readonly options: OwnIdOptions) {}

  /** The id that a node has, or will have. Nothing is written. */
  peek(place: OwnIdPlace): string {
    return read(place.folder)?.gateway ?? this.first(place);
  }

  /**
   * The id of a node that starts. It is kept from now on.
   * @param report receives what a person should know: the files come from another machine, or cannot be written
   */
  keep(place: OwnIdPlace, report: Report): string {
    const { host } = this.options;
    const { folder } = place;
    const kept = read(folder);
    const gateway = kept?.gateway ?? this.first(place);
    if (kept && kept.host !== host)
      report(
        `the gateway id "${gateway}" was drawn on the machine "${kept.host}", and this one is "${host}": if both run, they end each other's connections. Then give this one another id`,
        'id-of-another-machine',
      );
    if (kept?.host === host) return gateway;
    try {
      write(folder, { gateway, host });
      this.drawn.delete(place.nodeId);
    } catch (error) {
      report(`${messageOf(error)}; the gateway id "${gateway}" is kept until Node-RED ends`, 'storage');
    }
    return gateway;
  }

  /** Draws another id, for the next start. @throws FtteError `storage` */
  renew({ folder }: Pick<OwnIdPlace, 'folder'>): void {
    if (read(folder)) write(folder, { gateway: this.draw(), host: this.options.host });
  }

  private first(place: OwnIdPlace): string {
    const { nodeId } = place;
    const earlier = hasRun(place) ? machineId(this.options.host, nodeId) : undefined;
    const gateway = earlier ?? this.drawn.get(nodeId) ?? this.draw();
    this.drawn.set(nodeId, gateway);
    return gateway;
  }

  private draw(): string {
    const letters = Array.from({ length: suffixLetters }, () => this.options.random.integer(36).toString(36));
    return machineId(this.options.host, letters.join(''));
  }
}

/** The machine's name made fit for a topic, and a part that keeps two gateways apart. */
export function machineId(host: string, unique: string): string {
  const name = host
    .toLowerCase()
    .replace(/\..*$/, '')
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  const suffix = unique
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, suffixLetters);
  return [name || 'gateway', suffix].filter((part) => part !== '').join('-');
}

interface PersistedId {
  readonly gateway: string;
  /** The machine on which the file was written. */
  readonly host: string;
}

/** Undefined if there is no such file, or none that can be used. */
function read(folder: string): PersistedId | undefined {
  try {
    const { gateway, host } = JSON.parse(readFileSync(ownIdFile(folder), 'utf8')) as Partial<PersistedId>;
    if (typeof gateway === 'string' && isName(gateway)) return { gateway, host: String(host) };
  } catch {
    // No file, or one that a crash of the machine has cut.
  }
  return undefined;
}

function write(folder: string, kept: PersistedId): void {
  const path = ownIdFile(folder);
  const beside = `${path}.new`;
  try {
    makeFolderNow(folder);
    writeFileSync(beside, JSON.stringify(kept), { mode: 0o600, flush: true });
    renameSync(beside, path);
  } catch (error) {
    throw storageError('cannot write', path, error);
  }
}

/** Whether a node, or one that uses it, has written files before. */
function hasRun({ folder, users }: OwnIdPlace): boolean {
  return [folder, ...users()].some((path) => {
    try {
      return readdirSync(path).length > 0;
    } catch {
      return false;
    }
  });
}
