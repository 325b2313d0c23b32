import type { CoordinatorState, VersionReport } from '../../gateway/coordinator';
import type { Status } from '../runtime';

/** The coordinator in one short line: `v12 0.91 3 gw`. */
export class CoordinatorStatus {
  private latest: CoordinatorState | undefined;
  private accuracy: number | undefined;

  constructor(private readonly status: Status) {}

  state(state: CoordinatorState): void {
    if (state.lineage !== this.latest?.lineage) this.accuracy = undefined;
    this.latest = state;
    this.show();
  }

  version({ average, current }: VersionReport): void {
    this.accuracy = (average ?? current)?.balancedAccuracy;
    this.show();
  }

  private show(): void {
    const state = this.latest;
    if (!state) return;
    const { phase, version } = state;
    const shape = state.online ? 'dot' : 'ring';
    const words = { version, gateways: state.gateways.filter((gateway) => gateway.online).length };
    switch (phase) {
      case 'starting':
        return this.status.set('grey', 'ring', 'ftte-coordinate.status.starting');
      case 'refused':
        return this.status.set('red', 'ring', refusal(state));
      case 'paused':
        return this.status.set('yellow', shape, 'ftte-coordinate.status.paused', words);
      case 'stopped':
        return this.status.set('grey', 'ring', 'ftte-coordinate.status.stopped');
      case 'collecting':
      case 'applying':
        if (this.accuracy === undefined)
          return this.status.set('green', shape, 'ftte-coordinate.status.version', words);
        return this.status.set('green', shape, 'ftte-coordinate.status.accuracy', {
          ...words,
          accuracy: this.accuracy.toFixed(2),
        });
    }
  }
}

/** The whole reason is in the error that the flow got; a status has room for what kind it is. */
function refusal({ problem = '' }: CoordinatorState): string {
  if (/coordinator/.test(problem)) return 'ftte-coordinate.status.refused-second';
  if (/cannot (write|read)|damaged|folder|disk/.test(problem)) return 'ftte-coordinate.status.refused-storage';
  return 'ftte-coordinate.status.refused';
}
