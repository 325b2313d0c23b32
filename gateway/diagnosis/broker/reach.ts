import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { type ConnectionOptions, type PeerCertificate, connect as secureConnect } from 'node:tls';
import type { AdviceCode } from '../report/advice-words';
import { type Finding, type Found, failed, found, ok, warning } from '../report/finding';
import type { Address, BrokerTarget } from './target';

/** Longest time for one step, ms. */
const limitMs = 5000;
/** A certificate that ends sooner is a warning. */
const certificateDays = 30;
const dayMs = 86_400_000;

/** Whether the host has an address, and something listens there. */
export async function checkNetwork({ host, port }: Address): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (isIP(host) === 0) {
    const answer = await lookup(host).catch((error: NodeJS.ErrnoException) => error);
    if (answer instanceof Error) {
      const unknown = found('address-unknown', { host, reason: answer.code ?? answer.message });
      return [failed('address', unknown, 'address')];
    }
    findings.push(ok('address', found('address', { host, address: answer.address })));
  }
  const startMs = performance.now();
  const problem = await reach(host, String(port));
  const milliseconds = Math.round(performance.now() - startMs);
  if (problem) findings.push(failed('network', problem.found, problem.advice));
  else findings.push(ok('network', found('network', { port: String(port), host, milliseconds })));
  return findings;
}

interface Unreachable {
  readonly found: Found;
  readonly advice: AdviceCode;
}

/** @returns the reason why nothing can be reached */
function reach(host: string, port: string): Promise<Unreachable | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const end = (result?: Unreachable) => {
      socket.destroy();
      resolve(result);
    };
    const seconds = limitMs / 1000;
    socket.setTimeout(limitMs, () =>
      end({ found: found('network-silent', { host, port, seconds }), advice: 'firewall' }),
    );
    socket.on('connect', () => end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code ?? error.message;
      const closed = error.code === 'ECONNREFUSED' && found('network-closed', { host, port });
      end({ found: closed || found('network-failed', { host, port, reason }), advice: 'port' });
    });
  });
}

/** Whether TLS works, and how long the certificate of the broker is valid. */
export function checkTls({ host, port }: Address, { tls }: BrokerTarget, nowMs: number): Promise<Finding> {
  const options: ConnectionOptions = {
    ...(tls as ConnectionOptions),
    host,
    port,
    ...(isIP(host) === 0 && !tls?.['servername'] ? { servername: host } : {}),
  };
  return new Promise((resolve) => {
    const socket = secureConnect(options);
    const end = (finding: Finding) => {
      socket.destroy();
      resolve(finding);
    };
    socket.setTimeout(limitMs, () => end(failed('TLS', found('tls-silent', {}), 'tls-port')));
    socket.on('secureConnect', () =>
      end(certificateFinding(socket.getPeerCertificate(), socket.getProtocol(), nowMs)),
    );
    socket.on('error', (error: NodeJS.ErrnoException) => end(tlsProblem(error, host)));
  });
}

function certificateFinding(
  { subject, valid_to: end }: PeerCertificate,
  tls: string | null,
  nowMs: number,
): Finding {
  const name = [subject?.CN ?? '""'].flat().join(', ');
  const endMs = Date.parse(end);
  const until = Number.isNaN(endMs) ? end : new Date(endMs).toISOString().slice(0, 10);
  const values = { protocol: tls ?? 'TLS', name, until };
  const days = Math.floor((endMs - nowMs) / dayMs);
  if (!(days < certificateDays)) return ok('TLS', found('tls', values));
  const ends = days < 0 ? found('tls-ended', values) : found('tls-ends', { ...values, days });
  return warning('TLS', ends, 'tls-renew');
}

type TlsError = NodeJS.ErrnoException & { readonly cert?: Partial<PeerCertificate> };

function tlsProblem(error: TlsError, host: string): Finding {
  const { code = '', message, cert } = error;
  const exact = `${message}${code ? ` (${code})` : ''}`;
  const reason = code || message;
  const is = (pattern: RegExp) => pattern.test(`${code} ${message}`);
  if (is(/EXPIRED|NOT_YET_VALID/)) return failed('TLS', found('tls-time', { reason }, exact), 'tls-time');
  if (is(/SELF_SIGNED|UNABLE_TO|LEAF_SIGNATURE/))
    return failed('TLS', found('tls-authority', { reason }, exact), 'tls-authority');
  if (is(/ALTNAME|HOSTNAME/)) {
    const names = cert?.subjectaltname ?? [cert?.subject?.CN ?? '""'].flat().join(', ');
    return failed('TLS', found('tls-name', { names, host }, exact), 'tls-name');
  }
  if (is(/WRONG_VERSION|EPROTO|ECONNRESET|SSL/))
    return failed('TLS', found('tls-plain', { reason }, exact), 'tls-port');
  return failed('TLS', found('tls-failed', { reason }, exact), 'log');
}
