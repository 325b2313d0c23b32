import type { CoordinatorStatus, VersionReport } from '../../../gateway/coordinator';
import { CoordinatorTally, GatewayTally, type RoleReading } from '../../../gateway/monitoring';
import type { ParticipantStatus } from '../../../gateway/participant';

/** The status of a coordinator that learns. */
export const coordinatorStatus = (more: Partial<CoordinatorStatus> = {}): CoordinatorStatus => ({
  phase: 'collecting',
  online: true,
  lineage: 'a',
  version: 7,
  buffered: 2,
  bufferSize: 3,
  gateways: [
    { id: 'b"1\\\n', online: true, budgetBytes: 1, contributions: 4, lastHeardMs: 5000 },
    { id: 'b2', online: false, budgetBytes: 1, contributions: 1, lastHeardMs: 2000 },
  ],
  granted: { running: 1, waiting: 2 },
  heldOut: 20,
  missingWindows: 0,
  accepted: 9,
  rejected: { 'too-old': 2 },
  waiting: undefined,
  problem: undefined,
  unsent: undefined,
  ...more,
});

/** The status of a gateway that learns. */
export const gatewayStatus = (more: Partial<ParticipantStatus> = {}): ParticipantStatus => ({
  phase: 'collecting',
  online: true,
  lineage: 'a',
  version: 7,
  samples: 10,
  rounds: 3,
  outbox: 1,
  skippedRounds: 0,
  refusedWindows: 2,
  unlabelledWindows: 5,
  waiting: undefined,
  trouble: undefined,
  minorTrouble: undefined,
  memory: undefined,
  refusal: undefined,
  problem: undefined,
  problemCode: undefined,
  ...more,
});

const version = {
  lineage: 'a',
  version: 7,
  modelKey: 'k',
  current: { balancedAccuracy: 0.5, chance: 0.25, windows: 20, loss: 1 },
  average: { balancedAccuracy: 0.75, chance: 0.25, windows: 20, loss: 0.5, meanAbsoluteError: 2 },
  best: { version: 6 },
  contributions: [
    {
      gateway: 'b1',
      samples: 10,
      age: 0,
      variance: 1,
      weight: 1,
      bytes: 9,
      trainedShare: 1,
      lossBefore: 2,
      lossAfter: 1,
    },
  ],
  cause: 'full',
  updateBytes: 300,
  patchBytes: 200,
  gatewaysOnline: 1,
  durationMs: 2500,
} as const satisfies VersionReport;

/** Readings in which every metric has a value. */
export function readings(): RoleReading[] {
  const tally = new CoordinatorTally();
  tally.version(version);
  tally.version({ ...version, cause: 'request', durationMs: 100_000_000 });
  tally.notices.notice({ code: 'update-rejected', level: 'warning' });
  tally.notices.notice({ code: 'update-rejected', level: 'warning' });
  const gateway = (id: string, lossBefore: number, held: number): RoleReading => {
    const rounds = new GatewayTally();
    rounds.round({
      ...{ round: 1, lineage: 'a', baseVersion: held, samples: 10, steps: 3, lossBefore, lossAfter: 1 },
      ...{ gradientVariance: 1, durationMs: 40, updateBytes: 100, peakBytes: 5000, budgetBytes: 9000 },
      ...{ trainedShare: 0.5, refusedWindows: 0, training: '' },
    });
    rounds.notices.problem(new Error('unexpected'));
    const status = gatewayStatus({ version: held });
    return {
      kind: 'gateway',
      federation: 'f',
      gateway: id,
      status,
      tally: rounds,
      isFaulty: false,
      budgetBytes: 9000,
    };
  };
  const hub: RoleReading = {
    kind: 'coordinator',
    federation: 'f',
    status: coordinatorStatus(),
    tally,
    isFaulty: false,
  };
  return [hub, gateway('one', 2, 6), gateway('two', 4, 5)];
}
