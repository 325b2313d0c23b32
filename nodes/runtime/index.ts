/** Code that the nodes share: configs, listening, status lines, errors, folders, and the way to the federation. */

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
export * from './input/message-property';
export * from './input/turns';
export * from './messages/export-model';
export * from './messages/window-message';
export * from './plan-thread';
export * from './registry/node-deletion';
export * from './registry/ref-counted';
export * from './registry/registry';
export * from './registry/retained-stores';
export * from './registry/role-registry';
export * from './registry/running-models';
export * from './registry/usage-counter';
export * from './status/node-reports';
export * from './status/status';
export * from './status/translate';
export * from './user-folder';
