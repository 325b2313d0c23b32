import { X509Certificate } from 'node:crypto';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { isSecure } from '../options/broker-url';

/**
 * The options of `tls.connect` by which a gateway trusts the certificate that came with its invitation. If that is the
 * broker's own, it is good under every name: the address in an invitation is often one of the local network.
 */
export function brokerTrust({
  broker,
  authority,
}: {
  readonly broker: string;
  readonly authority?: Uint8Array | undefined;
}): Record<string, unknown> | undefined {
  if (!authority || !isSecure(broker)) return undefined;
  const der = Buffer.from(authority);
  return {
    ca: new X509Certificate(der).toString(),
    checkServerIdentity: (host: string, certificate: PeerCertificate) =>
      certificate.raw.equals(der) ? undefined : checkServerIdentity(host, certificate),
  };
}

/**
 * The certificate that gateways need to trust a chain, in DER: its last one, if that has signed itself. Undefined for a chain
 * that ends at a public authority.
 * @param chain PEM
 */
export function authorityOf(chain: string | Buffer): Uint8Array | undefined {
  const blocks = chain.toString().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const last = blocks?.at(-1);
  if (last === undefined) return undefined;
  const certificate = new X509Certificate(last);
  return certificate.checkIssued(certificate) ? new Uint8Array(certificate.raw) : undefined;
}
