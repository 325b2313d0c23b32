import type { CoordinatorStatus, GatewayStatus, VersionReport } from '../../../gateway/coordinator';
import { shown, type Value } from './columns';

/** Most rows of a snapshot or message; of a larger fleet the others are only counted. */
const mostRows = 500;

/** A gateway as its coordinator knows it. */
export interface GatewayRow extends GatewayStatus {
  /** Facts about its newest contribution; absent before the first one since the start. */
  readonly last?: LastContribution;
}

/** Facts about a contribution. */
export interface LastContribution {
  readonly version: number;
  readonly timeMs: number;
  readonly samples: number;
  readonly age: number;
  readonly bytes: number;
  /** Share of the parameters that the gateway trains. */
  readonly trainedShare: Value;
  readonly lossBefore: Value;
  readonly lossAfter: Value;
}

/** The gateways of a coordinator, and which of them have changed since they were last sent. */
export class GatewayTable {
  private readonly last = new Map<string, LastContribution>();
  private sent = new Map<string, readonly [GatewayStatus, LastContribution | undefined]>();
  private sentList: CoordinatorStatus['gateways'] | undefined;
  private reported = false;

  /** Takes the contributions of a version. */
  version({ version, contributions }: VersionReport, timeMs: number): void {
    for (const { gateway, samples, age, bytes, trainedShare, lossBefore, lossAfter } of contributions) {
      this.last.set(gateway, {
        version,
        timeMs,
        samples,
        age,
        bytes,
        trainedShare: shown(trainedShare),
        lossBefore: shown(lossBefore),
        lossAfter: shown(lossAfter),
      });
    }
    this.reported = true;
  }

  /** The first rows: gateways that are online, then those that were there most recently. */
  rows(gateways: readonly GatewayStatus[]): GatewayRow[] {
    const ordered =
      gateways.length <= mostRows
        ? gateways
        : [...gateways].sort((a, b) => Number(b.online) - Number(a.online) || b.lastHeardMs - a.lastHeardMs);
    return ordered.slice(0, mostRows).map((status) => this.row(status));
  }

  /** From now on `changes` gives what has changed since this moment. */
  mark(gateways: readonly GatewayStatus[]): void {
    this.sent = new Map(gateways.map((status) => [status.id, [status, this.last.get(status.id)]]));
    this.sentList = gateways;
    this.reported = false;
    for (const id of this.last.keys()) if (!this.sent.has(id)) this.last.delete(id);
  }

  /** Rows that have changed since the last call, or since `mark`, and the ids of gateways that are forgotten. */
  changes(gateways: readonly GatewayStatus[]): { rows: GatewayRow[]; gone: string[] } {
    // The coordinator gives the same array until a gateway changes.
    if (gateways === this.sentList && !this.reported) return { rows: [], gone: [] };
    const rows = gateways.filter((status) => {
      const [before, last] = this.sent.get(status.id) ?? [];
      return before !== status || last !== this.last.get(status.id);
    });
    const known = new Set(gateways.map(({ id }) => id));
    const gone = [...this.sent.keys()].filter((id) => !known.has(id));
    this.mark(gateways);
    // The others come with the next call.
    for (const { id } of rows.slice(mostRows)) this.sent.delete(id);
    if (rows.length > mostRows) this.sentList = undefined;
    return { rows: rows.slice(0, mostRows).map((status) => this.row(status)), gone };
  }

  private row(status: GatewayStatus): GatewayRow {
    const last = this.last.get(status.id);
    return last ? { ...status, last } : status;
  }
}
