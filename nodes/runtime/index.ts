/** What the nodes share: listening, status lines, errors, configs, folders, and the way to the federation. */
export * from './config';
export * from './construct';
export * from './export-model';
export * from './federation-handle';
export * from './federation-of';
export * from './holds';
export * from './input';
export * from './log';
export * from './role-claims';
export * from './shared';
export * from './status';
export * from './tapped-session';
export * from './task-of';
export * from './translate';
export * from './user-folder';
export * from './window-message';
