import { cut, type Log } from '../../platform';
import type { Connection, LimitReached } from './connections';
import type { EntranceRefusal } from './entrance';
import { limits } from './limits';
import type { LoginRefusal, Member } from './logins';

/** Numbers of a hosted broker: of what it holds, and of what it has refused since it was made. */
export interface BrokerCounts {
  /** Clients at this time. */
  clients: number;
  retained: number;
  retainedBytes: number;
  refusedLogins: number;
  /** Messages and subscriptions on topics that their user has no right to. */
  refusedTopics: number;
  /** Retained messages for which there was no room; they were delivered, and not kept. */
  refusedRetained: number;
  /** Connections that were ended or not taken because of a limit. */
  endedByLimit: number;
}

const mebi = (bytes: number) => `${bytes / 2 ** 20} MB`;

const limitTexts: Readonly<Record<LimitReached, string>> = {
  waiting: `more than ${limits.waitingOfAddress} connections of one address, or ${limits.waiting} of all, had not sent their password; the oldest was ended`,
  'connect-time': `a connection sent no password for ${limits.connectMs / 1000} s and was ended`,
  clients: `a client was not accepted, because the broker has ${limits.clients}`,
  'clients-of-address': `a client was not accepted, because its address has ${limits.clientsOfAddress}`,
  'clients-of-user': `a client was not accepted, because its user has ${limits.clientsOfUser}`,
  slow: `a client was ended that took in nothing for ${limits.stallMs / 1000} s, or for which more than ${mebi(limits.unsentBytes)} waited`,
  memory: `a client was ended, because messages for and from all clients took more than ${mebi(limits.heldBytes)}`,
};

const refusalTexts: Readonly<Record<LoginRefusal, string>> = {
  credentials: 'the user name or the password was wrong',
  paused: 'the password was wrong too often; nothing is checked for up to 30 s',
  busy: 'too many passwords are being checked; it has to come again',
};

const entranceTexts: Readonly<Record<EntranceRefusal, string>> = {
  'no-mqtt': 'what it sent is not MQTT',
  'no-tls': 'it came without TLS; use mqtts:// or wss://',
  'tls-failed': 'TLS failed',
};

/** Counts what the hosted broker refuses, and says it: the log repeats nothing. */
export class BrokerReports {
  readonly counts = {
    refusedLogins: 0,
    refusedTopics: 0,
    refusedRetained: 0,
    endedByLimit: 0,
  };

  constructor(private readonly log: Log) {}

  login(refusal: LoginRefusal, username: string | undefined, address: string): void {
    this.refusedLogin(`of ${userText(username)} from ${address}: ${refusalTexts[refusal]}`);
  }

  entrance(refusal: EntranceRefusal, { address }: Connection, detail: string): void {
    const why = detail === '' ? '' : ` (${cut(detail, 120)})`;
    this.refusedLogin(`of a connection from ${address}: ${entranceTexts[refusal]}${why}`);
  }

  publish(member: Member | undefined, topic: string): void {
    this.topic(`${userText(member?.name)} may not publish on ${quoted(topic)}; the message was dropped`);
  }

  subscription(member: Member | undefined, filter: string): void {
    this.topic(`${userText(member?.name)} may not subscribe to ${quoted(filter)}`);
  }

  retained(member: Member | undefined, topic: string): void {
    this.counts.refusedRetained++;
    const most = member?.isGateway
      ? `${limits.retainedOfGateway} messages of a gateway`
      : `${limits.retained} messages and ${mebi(limits.retainedBytes)}`;
    this.limitText(
      `${userText(member?.name)} cannot retain ${quoted(topic)}: the broker keeps ${most}; it was delivered only`,
    );
  }

  limit(limit: LimitReached, { address, user }: Connection): void {
    this.counts.endedByLimit++;
    this.limitText(`${limitTexts[limit]} (${user ? `${userText(user)}, ` : ''}${address})`);
  }

  tooLarge(bytes: number, { address, user }: Connection): void {
    this.counts.endedByLimit++;
    this.limitText(
      `a packet of more than ${bytes} bytes ended the connection of ${userText(user)} from ${address}`,
    );
  }

  tooManySubscriptions(member: Member | undefined): void {
    this.counts.refusedTopics++;
    this.limitText(
      `${userText(member?.name)} has ${limits.subscriptions} subscriptions and may not make more`,
    );
  }

  private refusedLogin(text: string): void {
    this.counts.refusedLogins++;
    this.log.warn(`hosted broker: it refused the login ${text}`, 'login-refused');
  }

  private topic(text: string): void {
    this.counts.refusedTopics++;
    this.log.warn(`hosted broker: ${text}`, 'topic-refused');
  }

  private limitText(text: string): void {
    this.log.warn(`hosted broker: ${text}`, 'broker-limit');
  }
}

/** Names from outside, as JSON, so that they cannot write lines of their own into a log. */
const quoted = (text: string) => JSON.stringify(cut(text, 100));
const userText = (name: string | undefined) =>
  name ? `the user ${quoted(name)}` : 'a client without a user';
