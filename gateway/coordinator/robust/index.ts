/** Protection against hostile and broken gateways. */
export * from './robustness';
export { offenceOf, type Quarantine, quarantineVersions } from './trust-memory';
