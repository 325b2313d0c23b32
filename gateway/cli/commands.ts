import type { Command } from './command';
import { simulateCommand } from './simulate';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [simulateCommand];
