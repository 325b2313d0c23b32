import { hkdfSync } from 'node:crypto';
import type { NodeAPI } from 'node-red';

/**
 * The key that outbox and samples are encrypted with: derived from `credentialSecret` of settings.js. Undefined if a person
 * has set none: the secret that Node-RED then makes lies beside the files, and would protect nothing.
 */
export function storageKey(RED: Pick<NodeAPI, 'settings'>): Uint8Array | undefined {
  const secret: unknown = (RED.settings as { credentialSecret?: unknown }).credentialSecret;
  if (typeof secret !== 'string' || secret === '') return undefined;
  return new Uint8Array(hkdfSync('sha256', secret, '', 'node-red-ftte storage', 32));
}
