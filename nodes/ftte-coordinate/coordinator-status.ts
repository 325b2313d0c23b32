import type { CoordinatorPhase, CoordinatorStatus, VersionReport } from '../../gateway/coordinator';
import { type ErrorCode, FtteError } from '../../gateway/platform';
import type { Status } from '../runtime';

/**
 * The coordinator's status line: `v12 0.91 3 gw`, with an error in place of the accuracy `v12 ±0.31 3 gw`. If rounds are
 * granted, it counts the rounds that run and the gateways that wait for one: `v12 0.91 5+35 gw`.
 */
export class CoordinatorStatusLine {
  private latest: CoordinatorStatus | undefined;
  private quality: { readonly key: 'accuracy' | 'error'; readonly value: number } | undefined;
  private code: ErrorCode | undefined;

  constructor(private readonly status: Status) {}

  update(latest: CoordinatorStatus): void {
    if (latest.lineage !== this.latest?.lineage) this.quality = undefined;
    this.latest = latest;
    this.show();
  }

  /** Remembers the last error, which is the reason if the coordinator refuses to work. */
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
    const { latest } = this;
    if (!latest) return;
    const { fill, ring = false, key } = looks[latest.phase];
    const connecting = !latest.online && needsBroker.includes(latest.phase);
    const shape = ring || !latest.online ? 'ring' : 'dot';
    const measured = key === 'version' ? this.quality : undefined;
    const warming = key === 'warming' && latest.missingWindows === 0 ? 'warming-up' : key;
    const known = key === 'refused' ? refusal(this.code) : (measured?.key ?? warming);
    // Before the coordinator has read its folder, it knows no version.
    const waiting = latest.phase === 'starting' ? 'connecting' : 'reconnecting';
    const name = connecting ? waiting : known;
    this.status.set(connecting ? 'yellow' : fill, shape, `ftte-coordinate.status.${name}`, {
      version: latest.version,
      missing: latest.missingWindows,
      quality: measured?.value.toFixed(2) ?? '',
      gateways: gatewaysOf(latest),
    });
  }
}

function gatewaysOf({ granted, gateways }: CoordinatorStatus): string {
  if (granted) return `${granted.running}+${granted.waiting}`;
  return String(gateways.filter((gateway) => gateway.online).length);
}

interface Look {
  readonly fill: 'grey' | 'green' | 'yellow' | 'red';
  /** A ring, whether the broker is reached or not. */
  readonly ring?: boolean;
  readonly key: string;
}

/** Phases in which the work needs the broker. */
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

/** The kind of refusal; the whole reason is in the error that the flow got. */
function refusal(code: ErrorCode | undefined): string {
  if (code === 'second-coordinator') return 'refused-second';
  return code === 'storage' || code === 'checkpoint-damaged' ? 'refused-storage' : 'refused';
}
