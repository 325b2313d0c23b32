/** Differential privacy as a task asks for it. */
export {
  type GatewayPrivacy,
  gatewayPrivacy,
  type RecordPrivacy,
  recordPrivacy,
  type TaskPrivacy,
  updateClip,
} from './levels';
export { privacyConflict } from './privacy-conflict';
export { withPrivacyDefaults } from './privacy-defaults';
export { privacySchema } from './privacy-schema';
export { type PrivateRound, privateRound } from './private-rounds';
export { type WeakerPrivacy, weakerPrivacy } from './weaker-privacy';
