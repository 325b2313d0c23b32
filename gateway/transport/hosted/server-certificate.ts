import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { FtteError, messageOf } from '../../platform';

/** Certificate and private key of a server in PEM, as files or as their content. */
export type ServerCertificate = {
  /** For a key that is encrypted. */
  readonly passphrase?: string;
} & (
  | { readonly certFile: string; readonly keyFile: string }
  | { readonly cert: string | Buffer; readonly key: string | Buffer }
);

const dayMs = 86_400_000;
/** Days before the end of a certificate from which on it is said. */
const noticeDays = 14;

/**
 * Reads and checks the certificate of a server.
 * @param nowMs wall time
 * @returns the context for TLS, and a sentence if the certificate ends soon
 * @throws FtteError `config-invalid` naming the file that is missing or cannot be read, a key that belongs to another
 * certificate, or a certificate that has ended or has not begun
 */
export async function loadCertificate(
  given: ServerCertificate,
  nowMs: number,
): Promise<{ readonly context: SecureContext; readonly endsSoon: string | undefined }> {
  const isFile = 'certFile' in given;
  const [certName, keyName] = isFile ? [given.certFile, given.keyFile] : ['the certificate', 'the key'];
  const cert = isFile ? await content('certificate', given.certFile) : given.cert;
  const key = isFile ? await content('key', given.keyFile) : given.key;
  const { passphrase } = given;
  const certificate = read(`${certName} is no certificate in PEM`, () => new X509Certificate(cert));
  const privateKey = read(
    `${keyName} is no private key in PEM${passphrase ? '' : ', or it needs a passphrase'}`,
    (): KeyObject => createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) }),
  );
  if (!certificate.checkPrivateKey(privateKey))
    throw invalid(`${keyName} is not the key of ${isFile ? certName : 'this certificate'}`);
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (nowMs > to) throw invalid(`${certName} ended on ${day(to)}; renew the certificate`);
  if (nowMs < from)
    throw invalid(`${certName} is valid from ${day(from)}; is the clock of this machine right?`);
  const context = read(`${certName} and ${keyName} cannot be used`, () =>
    createSecureContext({
      cert,
      key,
      ...(passphrase !== undefined && { passphrase }),
      minVersion: 'TLSv1.2',
    }),
  );
  const days = Math.floor((to - nowMs) / dayMs);
  const endsSoon =
    days < noticeDays ? `${certName} ends on ${day(to)}, in ${days} days; renew the certificate` : undefined;
  return { context, endsSoon };
}

async function content(what: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw invalid(
      `the ${what} file ${path} ${isMissing ? 'does not exist' : `cannot be read: ${messageOf(error)}`}`,
      error,
    );
  }
}

function read<T>(otherwise: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw invalid(`${otherwise}: ${messageOf(error)}`, error);
  }
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function invalid(why: string, cause?: unknown): FtteError {
  return new FtteError('config-invalid', `tls: ${why}`, { field: 'tls' }, { cause });
}
