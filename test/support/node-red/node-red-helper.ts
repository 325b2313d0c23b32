import { type EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { nodeRedFolder } from './node-red-folder';

/** The part of node-red-node-test-helper that is used; it has no types. */
export interface TestHelper {
  init(runtimePath: string, settings?: object): void;
  settings(settings: object): object;
  load(
    sets: ((RED: NodeAPI) => void) | ((RED: NodeAPI) => void)[],
    flow: readonly object[],
    credentials?: Record<string, object>,
  ): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): TestNode;
  log(): { args: [{ level: number; id?: string; msg: unknown }][] };
  startServer(done: () => void): void;
  stopServer(done: () => void): void;
  request(): {
    get(path: string): Promise<HttpAnswer>;
    post(path: string): { send(body: unknown): Promise<HttpAnswer> };
  };
  setFlows(flow: readonly object[], type?: string): Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A node as a test holds it: Node-RED's node, and the helper's echo of what is called on it. */
export interface TestNode extends Omit<Node, 'on' | 'once'> {
  on(event: string, listener: (...args: never[]) => void): this;
  once(event: string, listener: (...args: never[]) => void): this;
}

// The helper would print a stack if it found no Node-RED by itself.
export const helper = require('node-red-node-test-helper') as TestHelper;
helper.init(join(nodeRedFolder(), 'lib', 'red.js'));

const setFlows = helper.setFlows.bind(helper);
/** Waits for the start of the flows as long as it takes: the helper's own wait ends after 300 ms, which a busy machine needs. */
helper.setFlows = async (flow, type) => {
  const started = once((helper as unknown as { _events: EventEmitter })._events, 'flows:started');
  try {
    await setFlows(flow, type);
  } catch (error) {
    if (!/timeout waiting event/.test(String(error))) throw error;
    await started;
  }
};

/** Gives every test of a suite a fresh user directory and a clean Node-RED; the result has the folder. */
export function useNodeRed(): { readonly userDir: string } {
  const context = { userDir: '' };
  beforeEach((done) => {
    context.userDir = mkdtempSync(join(tmpdir(), 'ftte-nodes-'));
    helper.settings({ userDir: context.userDir, logging: { console: { level: 'off' } } });
    helper.startServer(done);
  });
  afterEach((done) => {
    void helper.unload().then(() => {
      rmSync(context.userDir, { recursive: true, force: true });
      helper.stopServer(done);
    }, done);
  });
  return context;
}

/** Resolves with the first status that `matches`. */
export function statusOf(id: string, matches: (text: string) => boolean = () => true): Promise<string> {
  return new Promise((resolve) => {
    helper.getNode(id).on('call:status', (call: { args: [{ text?: string }] }) => {
      const text = call.args[0].text ?? '';
      if (matches(text)) resolve(text);
    });
  });
}

/** Lines that a node has logged at a level, as Node-RED's console prints them. */
export function logged(level: 'info' | 'warn' | 'error', id?: string): string[] {
  const number = { error: 20, warn: 30, info: 40 }[level];
  return helper
    .log()
    .args.map(([entry]) => entry)
    .filter((entry) => entry.level === number && (id === undefined || entry.id === id))
    .map((entry) => String(entry.msg));
}
