/** Protection against hostile and broken gateways. */
export * from './robustness';
export { type Quarantine, quarantineVersions } from './trust-memory';
