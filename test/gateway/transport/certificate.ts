import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key and a self-signed certificate, by the file names that `mosquittoTls` gives to a broker. */
export type CertificateFiles = Readonly<Record<'key.pem' | 'cert.pem', Buffer>>;

/** Lines of a listener that uses these files. */
export const mosquittoTls = ['certfile FOLDER/cert.pem', 'keyfile FOLDER/key.pem'];

/** Makes a self-signed certificate for these names (`DNS:localhost`, `IP:127.0.0.1`). It needs openssl. */
export function selfSigned(names: readonly string[] = ['DNS:localhost', 'IP:127.0.0.1']): CertificateFiles {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=broker'].concat([
        '-addext',
        `subjectAltName=${names.join(',')}`,
        '-keyout',
        key,
        '-out',
        cert,
      ]),
      { stdio: 'ignore' },
    );
    return { 'key.pem': readFileSync(key), 'cert.pem': readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
