/** The role of a gateway: it follows the global model, trains it on local windows, and sends the change. */
export { heldOutFileBeside } from './components';
export { HeldOut, type HeldOutWindows } from './evaluation/held-out';
export * from './model/follower-events';
export * from './model/model-follower';
export * from './model/model-memory';
export * from './options';
export * from './outbox/update-size';
export * from './participant';
export * from './policy';
export {
  type LedgerEntry,
  ledgerFile,
  ledgerHeadFile,
  PrivacyAccount,
  PrivacyLedger,
  type PrivacyStatus,
} from './privacy';
export * from './reports/events';
export type { RoundReport } from './reports/round-report';
export * from './reports/status';
export * from './rounds/plan-chooser';
export * from './rounds/round-trigger';
