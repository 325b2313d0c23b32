// One coordinator of the bench in a process of its own, which can be killed. Argument: its options as JSON.
import { createCoordinator } from '../../gateway/client';
import { parametersFingerprint } from '../../gateway/task';
import { failoverFederation, failoverTask } from './failover-task';

/** Options of the process. */
export interface CoordinatorProcessOptions {
  readonly id: string;
  readonly broker: string;
  /** The address of the log; absent: the folder. */
  readonly storage?: string;
  readonly folder?: string;
}

/** A message of the process to the bench. */
export interface CoordinatorReport {
  readonly id: string;
  readonly leads: boolean;
  readonly lineage: string;
  readonly version: number;
  readonly accepted: number;
  readonly digest: string;
  /** Updates in the version that was just made. */
  readonly applied?: number;
}

async function main(): Promise<void> {
  const { id, broker, storage, folder } = JSON.parse(process.argv[2] ?? '') as CoordinatorProcessOptions;
  const coordinator = await createCoordinator({
    ...{ id, broker, federation: failoverFederation, task: failoverTask, membership: 'open' },
    ...(storage !== undefined && { storage }),
    ...(folder !== undefined && { folder }),
    log: { info() {}, warn() {}, error: (text) => console.error(`${id}: ${text}`) },
  });
  const report = (applied?: number) => {
    const { phase, lineage, version, accepted } = coordinator.status;
    const leads = phase === 'collecting' || phase === 'applying';
    const digest = leads ? parametersFingerprint(coordinator.export('current').parameters) : '';
    process.send?.({
      ...{ id, leads, lineage, version, accepted, digest },
      ...(applied !== undefined && { applied }),
    });
  };
  coordinator.on('status', () => report());
  coordinator.on('version', ({ contributions }) => report(contributions.length));
  report();
  process.on('message', () => report());
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
