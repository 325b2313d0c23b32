/** The command line `ftte`: a table of commands, and the program that runs them. */
export { commands } from './commands';
export { main } from './main';
