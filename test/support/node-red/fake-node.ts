import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeStatus } from 'node-red';
import { root } from '../source-files';

type Done = (error?: Error) => void;
type InputListener = (msg: object, send: (msg: unknown) => void, done: Done) => void;

/** A node without Node-RED: what is called on it is kept, and its listeners can be called. */
export class FakeNode {
  readonly id: string;
  name = '';
  readonly statuses: (NodeStatus | string)[] = [];
  readonly errors: unknown[] = [];
  readonly warnings: unknown[] = [];
  private readonly inputs: InputListener[] = [];
  private readonly closes: ((removed: boolean, done: () => void) => void)[] = [];

  constructor(
    id = 'node1',
    readonly type = 'ftte-test',
  ) {
    this.id = id;
  }

  /** This, as the type that nodes are declared with; only what the runtime touches is there. */
  get node(): Node {
    return this as unknown as Node;
  }

  on(event: string, listener: (...args: never[]) => void): this {
    if (event === 'input') this.inputs.push(listener as unknown as InputListener);
    if (event === 'close')
      this.closes.push(listener as unknown as (removed: boolean, done: () => void) => void);
    return this;
  }

  status(status: NodeStatus | string): void {
    this.statuses.push(status);
  }

  error(message: unknown): void {
    this.errors.push(message);
  }

  warn(message: unknown): void {
    this.warnings.push(message);
  }

  log(): void {}

  /** Gives the node a message; resolves with what `done` got, and what was sent before it. */
  receive(msg: object): Promise<{ error: Error | undefined; sent: unknown[] }> {
    return new Promise((resolve) => {
      const sent: unknown[] = [];
      for (const input of this.inputs)
        input(
          msg,
          (each) => sent.push(each),
          (error) => resolve({ error, sent }),
        );
    });
  }

  /** Closes the node; resolves when all its listeners are done. */
  async close(removed = false): Promise<void> {
    await Promise.all(
      this.closes.map((listener) => {
        // Node-RED counts the parameters: with none, it does not wait.
        if (listener.length === 0) return (listener as () => void)();
        return new Promise<void>((resolve) => listener(removed, resolve));
      }),
    );
  }
}

/** `RED._` over a small catalog; a missing key is answered with itself, as i18next does. */
export function catalog(texts: Readonly<Record<string, string>>): {
  _: (key: string, words?: object) => string;
} {
  return {
    _: (key, words = {}) =>
      (texts[key] ?? key).replace(/__(\w+)__/g, (_match, name: string) =>
        String((words as Record<string, unknown>)[name]),
      ),
  };
}

/** `RED._` over the catalogs of a node and of all nodes, as Node-RED finds them. */
export function nodeCatalog(type: string, language = 'en-US') {
  const texts: Record<string, string> = {};
  const collect = (catalogOf: string, prefix: string) => {
    const path = join(root, 'nodes', catalogOf, 'locales', language, `${catalogOf}.json`);
    const entries = JSON.parse(readFileSync(path, 'utf8'))[catalogOf] as Record<string, unknown>;
    for (const [group, words] of Object.entries(entries)) {
      if (typeof words !== 'object' || words === null) continue;
      for (const [key, text] of Object.entries(words))
        texts[`${prefix}${catalogOf}.${group}.${key}`] = String(text);
    }
  };
  collect(type, '');
  collect('ftte-federation', '@ftte/node-red-ftte/ftte-federation:');
  return catalog(texts);
}
