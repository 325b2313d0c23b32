import { FtteError } from '../../gateway/platform';
import { Registry } from '../runtime';
import type { FederationConfig } from './config';
import { brokerAddress } from './hosted-brokers';

/**
 * The gateway ids that this process uses. A broker disconnects the older of two connections with one gateway id, again
 * and again; here the second is refused with a reason.
 */
export class Identities {
  private readonly names = new Registry<string, string>();

  /**
   * @param name of the federation node that connects with the id
   * @returns releases the id
   * @throws FtteError `config-invalid` naming the node that uses it
   */
  acquire({ broker, federation, gatewayId }: FederationConfig, name: string): () => void {
    const address = broker.kind === 'url' ? broker.url : brokerAddress(broker);
    return this.names.claim(
      JSON.stringify([address, federation, gatewayId]),
      name,
      (holder) =>
        new FtteError(
          'config-invalid',
          `gateway: "${gatewayId}" is already the id of the federation node "${holder}"; give this one another`,
          { field: 'gateway' },
        ),
    );
  }
}
