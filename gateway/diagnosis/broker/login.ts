import { FtteError, messageOf } from '../../platform';
import { type BrokerTrouble, troubleOf } from '../../transport';
import type { AdviceCode } from '../report/advice-words';
import { type Finding, failed, found, ok } from '../report/finding';
import type { BrokerClient } from './broker-client';
import type { BrokerTarget } from './target';

/** Advice against each trouble that a connection can have while it is made. */
const advices = {
  credentials: 'login-again',
  'no-login': 'login-enter',
  'not-allowed': 'login-banned',
  'client-id': 'login-client-id',
  protocol: 'login-port',
  busy: 'login-wait',
  tls: 'log',
  unreachable: 'log',
  closed: 'log',
} as const satisfies Partial<Record<BrokerTrouble, AdviceCode>>;

/** Connects. Every other check of the broker needs this one. */
export async function checkLogin(client: BrokerClient, { username, url }: BrokerTarget): Promise<Finding> {
  try {
    await client.open();
    const mqtt = client.version === 5 ? 'MQTT 5' : 'MQTT 3.1.1';
    return username === undefined
      ? ok('login', found('login-anonymous', { mqtt }))
      : ok('login', found('login', { user: username, mqtt }));
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    const trouble = troubleOf(error) ?? '';
    const kind = trouble in advices ? (trouble as keyof typeof advices) : 'closed';
    return failed('login', found(`login-${kind}`, { url }, messageOf(error)), advices[kind]);
  }
}
