import {
  type CoordinatorPhase,
  type CoordinatorStatus,
  judgedQuality,
  type Quality,
  type VersionReport,
} from '../../gateway/coordinator';
import { type ErrorCode, FtteError } from '../../gateway/platform';
import { type ConnectionFault, faultLook, type Look, waitingLook } from '../runtime';

/** Time for which version and gateways are shown, before the reason why nothing is learned. */
const patienceMs = 10_000;

/**
 * The coordinator's status line: `v12 0.91 3 gateways`, with an error in place of the accuracy `v12 ±0.31 3 gw`. If rounds are
 * granted, it counts the rounds that run and the gateways that wait for one: `v12 0.91 5+35 gw`. Gateways in quarantine
 * are taken off: `v12 0.91 3-1 gw`. Short words are for lines that would be too long. In yellow it says what is
 * missing, and in red what has to be done.
 */
export class CoordinatorStatusLine {
  private quality: { readonly key: 'accuracy' | 'error'; readonly value: number } | undefined;
  private qualityLineage = '';
  private code: ErrorCode | undefined;

  /** Remembers the last error, which is the reason if the coordinator refuses to work. */
  failed(error: unknown): void {
    this.code = error instanceof FtteError ? error.code : undefined;
  }

  version({
    average,
    current,
    federated,
    lineage,
  }: Pick<VersionReport, 'average' | 'current' | 'federated' | 'lineage'>): void {
    const { balancedAccuracy, meanAbsoluteError }: Partial<Quality> =
      judgedQuality({ average, current, federated }) ?? {};
    this.qualityLineage = lineage;
    this.quality =
      balancedAccuracy !== undefined
        ? { key: 'accuracy', value: balancedAccuracy }
        : meanAbsoluteError !== undefined
          ? { key: 'error', value: meanAbsoluteError }
          : undefined;
  }

  /**
   * @param fault of the connection, if it will not pass by itself
   * @param faultAbove the same of a region in the federation above
   */
  look(
    latest: CoordinatorStatus,
    fault: ConnectionFault | undefined,
    nowMs: number,
    faultAbove?: ConnectionFault,
  ): Look {
    const { phase, online, waiting, version, missingWindows } = latest;
    if (phase === 'refused') return { fill: 'red', shape: 'ring', key: refusal(this.code) };
    if (fault && !online) return faultLook(fault);
    if (latest.unsent && online) return faultLook(latest.unsent);
    // No version is made until the ledger is put back.
    if (latest.privacy?.problem !== undefined && phase !== 'stopped') return faultLook('privacy-ledger');
    if (latest.unknown) return { fill: 'yellow', shape: online ? 'dot' : 'ring', key: 'unknown-messages' };
    const ofRegion = regionLook(latest, faultAbove, nowMs);
    if (ofRegion) return ofRegion;
    const { fill, ring = false, key } = looks[phase];
    const measured = key === 'version' && latest.lineage === this.qualityLineage ? this.quality : undefined;
    const words = {
      version,
      missing: missingWindows,
      quality: measured?.value.toFixed(2) ?? '',
      gateways: gatewaysOf(latest),
      leader: latest.shared?.leader?.coordinator ?? '',
    };
    if (
      waiting &&
      waiting.for !== 'windows' &&
      (waiting.for === 'broker' || nowMs - waiting.sinceMs >= patienceMs)
    )
      return waitingLook(waiting, nowMs);
    const warming = key === 'warming' && missingWindows === 0 ? 'warming-up' : key;
    const shape = ring || waiting || !online ? 'ring' : 'dot';
    return { fill: waiting ? 'yellow' : fill, shape, key: measured?.key ?? warming, words };
  }
}

/** The look of a region that is cut off from the federation above, or has nothing from it yet. */
function regionLook(
  { phase, region, version, waiting, lineage }: CoordinatorStatus,
  fault: ConnectionFault | undefined,
  nowMs: number,
): Look | undefined {
  if (!region || phase === 'stopped' || phase === 'paused') return undefined;
  // Its own broker comes first: without it, nothing is learned here.
  if (waiting?.for === 'broker') return waitingLook(waiting, nowMs);
  if (fault) return faultLook(fault);
  // Nothing has come from the federation above yet.
  if (lineage === '') return { fill: 'yellow', shape: 'ring', key: 'waiting-task' };
  return region.online ? undefined : { fill: 'yellow', shape: 'ring', key: 'cut-off', words: { version } };
}

function gatewaysOf({ granted, gateways }: CoordinatorStatus): string {
  if (granted) return `${granted.running}+${granted.waiting}`;
  const online = gateways.filter((gateway) => gateway.online).length;
  const out = gateways.filter(({ quarantine }) => quarantine).length;
  return out > 0 ? `${online}-${out}` : String(online);
}

interface PhaseLook {
  readonly fill: 'grey' | 'green' | 'yellow' | 'red';
  /** A ring, whether the broker is reached or not. */
  readonly ring?: boolean;
  readonly key: string;
}

const looks: Readonly<Record<CoordinatorPhase, PhaseLook>> = {
  starting: { fill: 'grey', ring: true, key: 'starting' },
  standby: { fill: 'grey', ring: true, key: 'standby' },
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
