import type { Command } from '../command/command';
import { aclCommand } from './acl';
import { demoCommand } from './demo';
import { doctorCommand } from './doctor';
import { evaluateCommand } from './evaluate';
import { exportCommand } from './export';
import { importCommand } from './import';
import { inspectCommand } from './inspect';
import { inviteCommand } from './invite';
import { keyCommand } from './key';
import { membersCommand } from './members';
import { planCommand } from './plan';
import { privacyCommand } from './privacy';
import { recoverCommand } from './recover';
import { serveCommand } from './serve';
import { simulateCommand } from './simulate';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  demoCommand,
  serveCommand,
  simulateCommand,
  planCommand,
  privacyCommand,
  inspectCommand,
  evaluateCommand,
  importCommand,
  exportCommand,
  recoverCommand,
  doctorCommand,
  inviteCommand,
  membersCommand,
  keyCommand,
  aclCommand,
];
