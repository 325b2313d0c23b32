/**
 * Masks that hide the updates of single gateways: a coordinator learns the sum of a buffer, which a committee of helpers
 * opens, and no update of it. All of it is calculation; docs/privacy.md says what it protects against.
 */
export {
  Committee,
  type CommitteeContent,
  type HelperOffer,
  isOffer,
  isSealingKey,
  makeOffer,
} from './committee/committee';
export {
  type CommitteeSize,
  committeeSize,
  fewestEver,
  fewestHelpers,
  quorumOf,
  usualFewest,
  weaknessOf,
} from './committee/sizes';
export {
  decodeCommittee,
  decodeFromGateway,
  decodeToGateway,
  encodeCommittee,
  encodeFromGateway,
  encodeToGateway,
  type FromGateway,
  type ToGateway,
} from './messages/contents';
export { levelStep, levelsOf, mostLevel, mostListed } from './numbers/levels';
export {
  type Certificate,
  type Consent,
  Helper,
  type HelperOptions,
  mostReserved,
  type Vote,
} from './opening/helper';
export { type HelperAnswer, HelperDesk, type HelperDeskOptions, type Refusal } from './opening/helper-desk';
export { checkSegment, maskShare, maskUpdate, type OpenedSum, openSum } from './opening/masked-update';
export { type Addressed, Opening, type OpeningRequest, type OpeningStage } from './opening/opening';
export {
  digestOf,
  faultOf,
  type ListedUpdate,
  nameOf,
  type OpeningList,
  openedSegments,
  voteBytes,
} from './opening/opening-list';
export { addMasks, type MaskName, maskKey, seedBytes } from './seeds/mask-stream';
export {
  type Deposit,
  depositsOf,
  drawSeeds,
  mostSetups,
  openDeposit,
  type SeedSetup,
} from './seeds/seed-setup';
export { seedsHeldBy, seedsOfResponder, subsetsOf } from './seeds/subsets';
