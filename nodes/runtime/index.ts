/** What the nodes share: listening, status lines, errors, configs, folders, and the way to the federation. */

export * from './config/fields';
export * from './config/migrate';
export * from './config/migration-route';
export * from './config/read-config';
export * from './federation/federation-handle';
export * from './federation/federation-of';
export * from './federation/task-of';
export * from './federation/tee-session';
export * from './input/construct';
export * from './input/input';
export * from './messages/export-model';
export * from './messages/window-message';
export * from './plan-thread';
export * from './registry/node-deletion';
export * from './registry/ref-counted';
export * from './registry/registry';
export * from './registry/retained-stores';
export * from './registry/role-registry';
export * from './registry/task-scores';
export * from './registry/usage-counter';
export * from './status/log';
export * from './status/status';
export * from './status/translate';
export * from './user-folder';
