/** The reports of a coordinator: versions and their quality, notices, its status. */
export * from './coordinator-notices';
export * from './quality';
export * from './status';
export type { UnknownMessages } from './unknown-messages';
export * from './version-report';
