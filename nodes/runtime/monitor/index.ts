/** The work of the roles in this Node-RED as plain data, for the sidebar of the editor. */
export * from './columns';
export * from './coordinator-monitor';
export * from './curve-history';
export * from './event-list';
export * from './gateway-table';
export * from './history-file';
export * from './monitor';
export * from './monitor-reading';
export * from './monitors';
export * from './participant-monitor';
export * from './records';
export * from './version-point';
