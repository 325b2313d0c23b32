import type { z } from 'zod';
import type { gatewayPrivacySchema, privacySchema, recordPrivacySchema } from './privacy-schema';

/** Settings of privacy at the level of records: noise at the gateway. */
export type RecordPrivacy = z.infer<typeof recordPrivacySchema>;

/** Settings of privacy at the level of gateways: noise at the coordinator. */
export type GatewayPrivacy = z.infer<typeof gatewayPrivacySchema>;

/** The part of a task that decides on its level of privacy. */
export interface TaskPrivacy {
  readonly privacy?: z.infer<typeof privacySchema> | undefined;
}

/** The settings of a task with privacy of records; undefined for any other. */
export const recordPrivacy = ({ privacy }: TaskPrivacy): RecordPrivacy | undefined =>
  privacy?.level === 'record' ? privacy : undefined;

/** The settings of a task with privacy of gateways; undefined for any other. */
export const gatewayPrivacy = ({ privacy }: TaskPrivacy): GatewayPrivacy | undefined =>
  privacy?.level === 'gateway' ? privacy : undefined;

/** Norm of an update where a task leaves it open. It must not follow from updates, whose norms would show in it. */
const usualUpdateNorm = 0.5;

/** The norm to which an update is clipped. */
export const updateClip = ({ clip }: Pick<GatewayPrivacy, 'clip'>): number =>
  clip === 'auto' ? usualUpdateNorm : clip;
