/** The command line `ftte`: a table of commands, and what runs them. */
export * from './command/command';
export { commands } from './commands';
export { main } from './main';
