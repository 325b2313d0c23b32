import { FtteError } from '../../gateway/platform';
import type { FederationConfig } from './config';
import { brokerAddress } from './hosted-brokers';

/**
 * Who is who in this process. Two connections with one gateway id would throw each other out of the broker forever;
 * the second is refused with a reason instead.
 */
export class Identities {
  private readonly taken = new Map<string, string>();

  /**
   * @param name of the node that asks
   * @returns gives the identity back
   * @throws FtteError `config-invalid` naming the node that has it
   */
  take({ broker, federation, gatewayId }: FederationConfig, name: string): () => void {
    const address = broker.kind === 'url' ? broker.url : brokerAddress(broker);
    const key = JSON.stringify([address, federation, gatewayId]);
    const holder = this.taken.get(key);
    if (holder !== undefined)
      throw new FtteError(
        'config-invalid',
        `gateway "${gatewayId}" is already the id of the federation node "${holder}"; give this one another`,
        { field: 'gateway' },
      );
    this.taken.set(key, name);
    return () => this.taken.delete(key);
  }
}
