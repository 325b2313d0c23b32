/** Differential privacy of gateways: versions with noise, and the ledger of what they spend. */
export {
  type ExpectedNoise,
  expectedNoise,
  noiseLimits,
  noiseWarning,
  privateSize,
  separationWarning,
} from './gateway-noise';
export { NoiseKey, noiseKeyFile } from './noise-key';
export { NoiseStream } from './noise-stream';
export {
  type GatewaySpending,
  PrivateVersions,
  type PrivateVersionsOptions,
  type UnpaidReason,
  type VersionPrivacyStatus,
} from './private-versions';
export {
  costOf,
  type VersionEntry,
  VersionLedger,
  versionLedgerFile,
  versionLedgerHeadFile,
} from './version-ledger';
