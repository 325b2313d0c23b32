import { FtteError, messageOf } from '../../platform';
import { troubleOf } from '../../transport';
import { type Finding, failed, ok } from '../report/finding';
import type { BrokerClient } from './broker-client';
import type { BrokerTarget } from './target';

const advices: Readonly<Record<string, string>> = {
  credentials: "enter user and password again, and look at the broker's list of users",
  'no-login': 'enter the invitation of the coordinator, or user and password',
  'not-allowed': 'the broker has banned this machine: look at its list',
  'client-id': 'the broker accepts only client ids that it knows: allow those that begin with "ftte-"',
  protocol: 'look at the port: a program that is no MQTT broker listens there',
  busy: 'wait, or raise the number of connections that the broker accepts',
};

/** Connects. Every other check of the broker needs this one. */
export async function checkLogin(client: BrokerClient, { username }: BrokerTarget): Promise<Finding> {
  try {
    await client.open();
    const user = username === undefined ? 'a client without a user' : `the user "${username}"`;
    const version = client.version === 5 ? 'MQTT 5' : 'MQTT 3.1.1';
    return ok('login', `the broker accepts ${user} and speaks ${version}`);
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    return failed(
      'login',
      messageOf(error),
      advices[troubleOf(error) ?? ''] ?? 'look at the log of the broker',
    );
  }
}
