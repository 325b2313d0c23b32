import type { FtteError } from '../../platform';
import type { BrokerCredentials } from '../../security';

/** The URL of a broker in the network, and the login that was in it. */
export interface BrokerUrl {
  /** Without the login: errors and invitations quote it. */
  readonly url: URL;
  readonly credentials?: BrokerCredentials;
}

/**
 * Reads the URL of a broker.
 * @param invalid makes the error for an address that is none, with a hint for its end
 */
export function readBrokerUrl(address: string, invalid: (hint: string) => FtteError): BrokerUrl {
  if (!/^(mqtts?|wss?):\/\//i.test(address) || !URL.canParse(address)) throw invalid('');
  const url = new URL(address);
  const decoded = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw invalid(' (a % in the name or the password is written %25)');
    }
  };
  const [user, password] = [decoded(url.username), decoded(url.password)];
  url.username = '';
  url.password = '';
  return { url, ...(user && { credentials: { user, password } }) };
}

/** Whether the connection to an address is encrypted. */
export const isSecure = (address: string): boolean => /^(mqtts|wss):/i.test(address);
