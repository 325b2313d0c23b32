/** Differential privacy as a task asks for it. */
export { privacySchema } from './privacy-schema';
export { type PrivateRound, privacyConflict, privateRound } from './private-rounds';
