#!/usr/bin/env node
/** The program `ftte`. */
import { commands } from './commands';
import { main } from './main';

// The first interrupt stops the command, which keeps its finished results; a second one ends the process.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const { stdout: out, stderr: err } = process;
let readsInput = false;
const context = {
  ...{ out, err, signal: stop.signal },
  get input() {
    readsInput = true;
    return process.stdin;
  },
};
main(process.argv.slice(2), commands, context).then(
  (code) => {
    process.exitCode = code;
    // An input that goes on would keep the process.
    if (readsInput) process.stdin.destroy();
  },
  (error) => {
    process.stderr.write(`${error}\n`);
    process.exitCode = 1;
  },
);
