import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { type ConnectionOptions, type PeerCertificate, connect as secureConnect } from 'node:tls';
import { type Finding, failed, ok, warning } from '../report/finding';
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
    const found = await lookup(host).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) {
      const advice = 'correct the name in the address, or look at the name server of this machine';
      return [failed('address', `no machine of the name ${host} is known (${found.code})`, advice)];
    }
    findings.push(ok('address', `${host} is ${found.address}`));
  }
  const startMs = performance.now();
  const problem = await reach(host, port);
  const ms = Math.round(performance.now() - startMs);
  if (problem === undefined) findings.push(ok('network', `port ${port} of ${host} answers in ${ms} ms`));
  else findings.push(failed('network', `${host}:${port}: ${problem.found}`, problem.advice));
  return findings;
}

/** @returns the reason why nothing can be reached */
function reach(host: string, port: number): Promise<{ found: string; advice: string } | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (result?: { found: string; advice: string }) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(limitMs, () =>
      end({
        found: `no answer for ${limitMs / 1000} s`,
        advice: 'look at the firewall between this machine and the broker, and whether the machine is on',
      }),
    );
    socket.on('connect', () => end());
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({
        found: error.code === 'ECONNREFUSED' ? 'nothing listens there' : (error.code ?? error.message),
        advice: 'look at the port, at the address on which the broker listens, and whether it runs',
      }),
    );
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
    socket.setTimeout(limitMs, () =>
      end(
        failed(
          'TLS',
          'the broker does not answer',
          'use the port for TLS, mostly 8883, or mqtt:// without TLS',
        ),
      ),
    );
    socket.on('secureConnect', () =>
      end(certificateFinding(socket.getPeerCertificate(), socket.getProtocol(), nowMs)),
    );
    socket.on('error', (error: NodeJS.ErrnoException) => end(tlsProblem(error)));
  });
}

function certificateFinding(
  { subject, valid_to: until }: PeerCertificate,
  protocol: string | null,
  nowMs: number,
) {
  const name = subject?.CN ?? 'a name that is empty';
  const found = `${protocol ?? 'TLS'}, the certificate of ${[name].flat().join(', ')} ends at ${until}`;
  const days = Math.floor((Date.parse(until) - nowMs) / dayMs);
  if (!(days < certificateDays)) return ok('TLS', found);
  return warning('TLS', `${found}, in ${days} days`, 'renew the certificate of the broker');
}

function tlsProblem(error: NodeJS.ErrnoException): Finding {
  const code = error.code ?? '';
  const advices: readonly [RegExp, string][] = [
    [/EXPIRED|NOT_YET_VALID/, 'renew the certificate of the broker, or set the clock of this machine'],
    [/SELF_SIGNED|UNABLE_TO|LEAF_SIGNATURE/, 'give the certificate of the authority that signed it (CA)'],
    [/ALTNAME|HOSTNAME/, 'use the name that is in the certificate as the host of the address'],
    [/WRONG_VERSION|EPROTO|ECONNRESET|SSL/, 'use the port for TLS, mostly 8883, or mqtt:// without TLS'],
  ];
  const advice = advices.find(([pattern]) => pattern.test(`${code} ${error.message}`))?.[1];
  return failed(
    'TLS',
    `${error.message}${code ? ` (${code})` : ''}`,
    advice ?? 'look at the log of the broker',
  );
}
