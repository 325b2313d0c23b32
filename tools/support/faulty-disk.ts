import type { FileHandle } from 'node:fs/promises';
import { sep } from 'node:path';

/** An operation that is about to change the disk, or to make a change durable. */
export interface DiskOperation {
  readonly kind: 'create' | 'write' | 'sync' | 'rename' | 'remove';
  readonly path: string;
}

/** The outcome of an operation: success, an error, or half of a write and then the outcome of `torn`. */
export type DiskFault =
  | undefined
  | { readonly error: Error }
  | { readonly torn: () => Error | Promise<never> };

/**
 * The process dies before the operation or in the middle of it; or the operation fails, or is (half) done and reports a
 * failure.
 */
export type DiskFaultKind = 'die' | 'tear' | 'fail' | 'unknown';

/** The outcome of an operation with a fault of this kind. @param die ends the process, and never resolves */
export function diskFault(kind: DiskFaultKind, die: () => Promise<never>): DiskFault | Promise<never> {
  switch (kind) {
    case 'die':
      return die();
    case 'tear':
      return { torn: die };
    case 'fail':
      return { error: systemError('ENOSPC') };
    case 'unknown':
      return { torn: () => systemError('EIO') };
  }
}

/** The end of the faults, and the wait for operations that the disk still carries out. */
export interface FaultyDisk {
  (): void;
  /**
   * Resolves when no operation is under way, apart from those whose decision never comes. The system ends the operations
   * of a process that dies before another process can begin.
   */
  rest(): Promise<void>;
}

/**
 * A turn of the event loop. While the disk has requests of this process it is a millisecond of sleep, because a loop that
 * turns all the time takes the processor from the threads that carry them out.
 */
export function diskTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (process.getActiveResourcesInfo().includes('FSReqPromise')) setTimeout(resolve, 1);
    else setImmediate(resolve);
  });
}

type Promises = typeof import('node:fs/promises');
// The module's own object: importers look its functions up there at each call.
const promises: Promises = require('node:fs/promises');

/** An error of the system: `ENOSPC`, `EROFS`, `EIO`. */
export function systemError(code: string): Error {
  const texts: Record<string, string> = {
    ENOSPC: 'no space left on device',
    EROFS: 'read-only file system',
    EIO: 'i/o error',
  };
  return Object.assign(new Error(`${code}: ${texts[code] ?? 'failed'}, write`), { code });
}

/**
 * Calls `decide` before each operation of this process below `folder`. A decision that never comes is a process that died.
 * Reading always works. Nothing is really synced: data that a process wrote survives its end, but not that of the machine.
 * @returns a function that ends the faults
 */
export function faultyDisk(
  folder: string,
  decide: (operation: DiskOperation) => DiskFault | Promise<DiskFault>,
): FaultyDisk {
  const { open, rename, rm, unlink } = promises;
  let running = 0;
  /** An operation that was allowed and that the disk carries out. */
  async function carriedOut<T>(act: () => Promise<T>): Promise<T> {
    running++;
    return act().finally(() => running--);
  }
  const inside = (path: unknown): path is string =>
    typeof path === 'string' && (path === folder || path.startsWith(folder + sep));

  /** Calls `decide`; throws if the operation is to fail before it begins. */
  async function ask(
    kind: DiskOperation['kind'],
    path: string,
  ): Promise<(() => Error | Promise<never>) | undefined> {
    const fault = await decide({ kind, path });
    if (fault && 'error' in fault) throw fault.error;
    return fault?.torn;
  }

  /** An operation that cannot be half done: if it is torn, it is done and not reported. */
  async function whole<T>(kind: DiskOperation['kind'], path: string, act: () => Promise<T>): Promise<T> {
    const torn = await ask(kind, path);
    const result = await carriedOut(act);
    if (torn) throw await torn();
    return result;
  }

  function faulty(file: FileHandle, path: string): FileHandle {
    const write = (append: 'appendFile' | 'writeFile') => async (data: string | Uint8Array) => {
      const torn = await ask('write', path);
      const bytes = Buffer.from(data as Uint8Array);
      await carriedOut(() => file[append](torn ? bytes.subarray(0, bytes.length >> 1) : bytes));
      if (torn) throw await torn();
    };
    const own: Partial<Record<keyof FileHandle, unknown>> = {
      appendFile: write('appendFile'),
      writeFile: write('writeFile'),
      writev: async (parts: readonly Uint8Array[]) => {
        const bytes = Buffer.concat(parts);
        await write('writeFile')(bytes);
        return { bytesWritten: bytes.length, buffers: parts };
      },
      sync: () => whole('sync', path, async () => undefined),
      datasync: () => whole('sync', path, async () => undefined),
    };
    return new Proxy(file, {
      get(target, name) {
        const value: unknown = own[name as keyof FileHandle] ?? Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  const unsynced = (file: FileHandle) => Object.assign(file, { sync: async () => undefined });

  Object.assign(promises, {
    async open(path: string, flags?: string, mode?: number): Promise<FileHandle> {
      if (!inside(path)) return open(path, flags, mode);
      // A folder that is opened to sync it.
      if (flags === 'r') return unsynced(await open(path, flags, mode));
      const torn = await ask('create', path);
      if (!torn) return faulty(await carriedOut(() => open(path, flags, mode)), path);
      // It may fail by itself, if its folder is missing.
      await carriedOut(() => open(path, flags, mode)).then(
        (file) => file.close(),
        () => undefined,
      );
      throw await torn();
    },
    rename: (from: string, to: string) =>
      inside(to) ? whole('rename', to, () => rename(from, to)) : rename(from, to),
    rm: (path: string, options?: object) =>
      inside(path) ? whole('remove', path, () => rm(path, options)) : rm(path, options),
    unlink: (path: string) => (inside(path) ? whole('remove', path, () => unlink(path)) : unlink(path)),
  });
  const end = () => void Object.assign(promises, { open, rename, rm, unlink });
  return Object.assign(end, {
    rest: async () => {
      while (running > 0) await diskTurn();
    },
  });
}
