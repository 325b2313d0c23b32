/** The role of a gateway: it follows the global model, trains it on local windows, and sends the change. */
export { AnswerWatch } from './answers/answer-watch';
export { heldOutFileBeside } from './components';
export { HeldOut, type HeldOutWindows } from './evaluation/held-out';
export { HelloSender } from './hello-sender';
export * from './model/follower-events';
export * from './model/model-follower';
export * from './model/model-memory';
export * from './options';
export { Outbox } from './outbox/outbox';
export { UpdateSender } from './outbox/update-sender';
export * from './outbox/update-size';
export * from './participant';
export { codeOfRejection } from './participant-notices';
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
