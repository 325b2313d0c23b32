#!/usr/bin/env node
/** The program `ftte`. */
import { commands } from './commands';
import { main } from './main';

// The first interrupt stops the command, which keeps its finished results; a second one ends the process.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

main(process.argv.slice(2), commands, { out: process.stdout, err: process.stderr, signal: stop.signal }).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${error}\n`);
    process.exitCode = 1;
  },
);
