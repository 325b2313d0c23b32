/** The privacy budget of a gateway, and the ledger of what is spent. */
export { PrivacyAccount } from './privacy-account';
export { PrivacyBudget, type PrivacyBudgetOptions, type PrivacyStatus } from './privacy-budget';
export { type LedgerEntry, ledgerFile, ledgerHeadFile, PrivacyLedger } from './privacy-ledger';
