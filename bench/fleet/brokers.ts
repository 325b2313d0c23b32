import { readFileSync } from 'node:fs';
import { freePort } from '../../tools/support/free-port';
import { startMosquitto } from '../../tools/support/mosquitto';
import { startNats } from '../../tools/support/nats';

/** A broker under a fleet. */
export interface FleetBroker {
  readonly url: string;
  /** The coordinator's argument: the URL, or the port of a broker that it hosts. */
  readonly forHub: string;
  /** Of the broker's process; undefined if the coordinator's process hosts it. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

const startProcess = async (starting: Promise<{ port: number; pid: number; stop(): Promise<void> }>) => {
  const { port, pid, stop } = await starting;
  const url = `mqtt://127.0.0.1:${port}`;
  return { url, forHub: url, pid, stop };
};

export const brokers: Readonly<Record<string, () => Promise<FleetBroker>>> = {
  mosquitto: () => startProcess(startMosquitto({ isQuiet: true, lines: ['connection_messages false'] })),
  nats: () => startProcess(startNats()),
  hosted: async () => {
    const port = await freePort();
    return { url: `mqtt://127.0.0.1:${port}`, forHub: String(port), pid: undefined, stop: async () => {} };
  },
};

const ticksPerSecond = 100;
const pageBytes = 4096;

/** Processor time of a process, ms, and its resident memory, bytes. Linux only. */
export function usageOf(pid: number): { readonly cpuMs: number; readonly rss: number } {
  // The name of the program is in brackets, and the fields after it have their fixed places.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  const [user, system, pages] = [fields[11], fields[12], fields[21]].map(Number) as [number, number, number];
  return { cpuMs: ((user + system) * 1000) / ticksPerSecond, rss: pages * pageBytes };
}
