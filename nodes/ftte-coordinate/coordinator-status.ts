import type { CoordinatorPhase, CoordinatorStatus, VersionReport } from '../../gateway/coordinator';
import { type ErrorCode, FtteError } from '../../gateway/platform';
import type { Status } from '../runtime';

/**
 * The coordinator in one short line: `v12 0.91 3 gw`, with an error in place of the accuracy `v12 ±0.31 3 gw`, and where
 * rounds are granted those that run and the gateways that wait for one: `v12 0.91 5+35 gw`.
 */
export class CoordinatorStatusLine {
  private latest: CoordinatorStatus | undefined;
  private quality: { readonly key: 'accuracy' | 'error'; readonly value: number } | undefined;
  private code: ErrorCode | undefined;

  constructor(private readonly status: Status) {}

  state(state: CoordinatorStatus): void {
    if (state.lineage !== this.latest?.lineage) this.quality = undefined;
    this.latest = state;
    this.show();
  }

  /** What went wrong last: should the coordinator refuse to work, this is why. */
  failed(error: unknown): void {
    this.code = error instanceof FtteError ? error.code : undefined;
    this.show();
  }

  version({ average, current }: VersionReport): void {
    const { balancedAccuracy, meanAbsoluteError } = average ?? current ?? {};
    this.quality =
      balancedAccuracy !== undefined
        ? { key: 'accuracy', value: balancedAccuracy }
        : meanAbsoluteError !== undefined
          ? { key: 'error', value: meanAbsoluteError }
          : undefined;
    this.show();
  }

  private show(): void {
    const state = this.latest;
    if (!state) return;
    const { fill, ring = false, key } = looks[state.phase];
    const connecting = !state.online && needsBroker.includes(state.phase);
    const shape = ring || !state.online ? 'ring' : 'dot';
    const measured = key === 'version' ? this.quality : undefined;
    const warming = key === 'warming' && state.missingWindows === 0 ? 'warming-up' : key;
    const known = key === 'refused' ? refusal(this.code) : (measured?.key ?? warming);
    // Before its folder was read, no version is known.
    const waiting = state.phase === 'starting' ? 'connecting' : 'reconnecting';
    const name = connecting ? waiting : known;
    this.status.set(connecting ? 'yellow' : fill, shape, `ftte-coordinate.status.${name}`, {
      version: state.version,
      missing: state.missingWindows,
      quality: measured?.value.toFixed(2) ?? '',
      gateways: gatewaysOf(state),
    });
  }
}

function gatewaysOf({ granted, gateways }: CoordinatorStatus): string {
  if (granted) return `${granted.running}+${granted.waiting}`;
  return String(gateways.filter((gateway) => gateway.online).length);
}

interface Look {
  readonly fill: 'grey' | 'green' | 'yellow' | 'red';
  /** A ring whatever the connection. */
  readonly ring?: boolean;
  readonly key: string;
}

/** Phases in which nothing comes of the work without one. */
const needsBroker: readonly CoordinatorPhase[] = ['starting', 'collecting', 'applying'];

const looks: Readonly<Record<CoordinatorPhase, Look>> = {
  starting: { fill: 'grey', ring: true, key: 'starting' },
  warming: { fill: 'yellow', key: 'warming' },
  collecting: { fill: 'green', key: 'version' },
  applying: { fill: 'green', key: 'version' },
  paused: { fill: 'yellow', key: 'paused' },
  refused: { fill: 'red', ring: true, key: 'refused' },
  stopped: { fill: 'grey', ring: true, key: 'stopped' },
};

/** The whole reason is in the error that the flow got; a status has room for what kind it is. */
function refusal(code: ErrorCode | undefined): string {
  if (code === 'second-coordinator') return 'refused-second';
  return code === 'storage' || code === 'checkpoint-damaged' ? 'refused-storage' : 'refused';
}
