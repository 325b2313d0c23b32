import { envelopeVersion } from '../cose/structure';
import type { PublicKey } from '../keys/public-key';
import { deriveMaterial, type SealingMaterial } from '../pair/sealing';
import type { GroupSecret } from './welcome';

/** The sealing key of an epoch. */
export function groupMaterial(
  { epoch, secret }: GroupSecret,
  federation: string,
  coordinator: PublicKey,
): SealingMaterial {
  return deriveMaterial(secret, ['ftte group', envelopeVersion, federation, coordinator.bytes, epoch]);
}
