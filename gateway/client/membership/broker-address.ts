import { FtteError } from '../../platform';
import { type BrokerCredentials, mostAuthority, mostCredential, mostUrl } from '../../security';

/** The address of the broker for gateways, and what they need to log in and to trust it. */
export interface BrokerAddress {
  readonly broker: string;
  readonly credentials?: BrokerCredentials;
  /** The coordinator hosts the broker, where each gateway has a user of its own. */
  readonly ownLogin?: boolean;
  /** The certificate (DER) that the broker's certificate is trusted by. */
  readonly authority?: Uint8Array | undefined;
}

/** @throws FtteError `config-invalid` naming what has no room in an invitation; a user or password is not quoted */
export function checkAddress({ broker, credentials, authority }: BrokerAddress): void {
  const check = (field: string, what: string, length: number, most: number, unit = 'characters') => {
    if (length <= most) return;
    throw new FtteError(
      'config-invalid',
      `${field}: expected at most ${most} ${unit} for ${what} in an invitation, got ${length}`,
      { field },
    );
  };
  check('broker', 'the address of the broker', broker.length, mostUrl);
  check('user', 'the user at the broker', credentials?.user.length ?? 0, mostCredential);
  check('password', 'the password at the broker', credentials?.password.length ?? 0, mostCredential);
  check('certificate', "the broker's certificate", authority?.length ?? 0, mostAuthority, 'bytes');
}
