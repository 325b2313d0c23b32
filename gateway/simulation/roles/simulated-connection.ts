import { Connection } from '../../client';
import { type Random, silentLog } from '../../platform';
import { SimulatedTransport, type SimulatedTransportOptions } from '../network/simulated-transport';
import type { SimulationContext } from './simulation-context';

/** The production connection of one role over a simulated transport. */
export function simulatedConnection(
  link: Omit<SimulatedTransportOptions, 'will'>,
  { federation, loop, decode }: Pick<SimulationContext, 'federation' | 'loop' | 'decode'>,
  id: string,
  random: Random,
): { readonly connection: Connection; readonly transport: SimulatedTransport } {
  let transport: SimulatedTransport | undefined;
  const connection = Connection.over(
    (will) => {
      transport = new SimulatedTransport({ ...link, will });
      return transport;
    },
    // A run has no other run, and its randomness is for what it measures.
    { federation, id, instance: '0'.repeat(16), clock: loop.clock, random, decode, log: silentLog },
  );
  return { connection, transport: transport! };
}
