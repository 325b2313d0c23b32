import type { Coordinator, PlaceAbove, UpdateFate } from '../coordinator';
import type { ModelFollower } from '../participant';
import { asError, FtteError, type Log, type Random } from '../platform';
import { gatewayPrivacy, type Task, updateClip } from '../task';
import type { SendingPace } from './sending-pace';
import type { Uplink } from './uplink';

/** Options of `Exchange`. */
export interface ExchangeOptions {
  readonly follower: ModelFollower;
  readonly uplink: Uplink;
  readonly pace: SendingPace;
  readonly random: Random;
  readonly log: Log;
  /** The coordinator of the region, and the task above that it works on; undefined while there is none. */
  readonly current: () => { readonly coordinator: Coordinator; readonly above: Task } | undefined;
  /** Called when an update was counted above, once. */
  readonly onCounted: () => void;
  /** Called when an update that waits cannot be sent, because this software cannot read it. It is given up. */
  readonly onUnreadable: (id: string, problem: FtteError) => void;
  readonly onProblem: (problem: Error) => void;
  readonly onChange: () => void;
}

/**
 * The exchange of a region with the federation above, one step at a time: what it has learned goes up, versions come down. An
 * update that is due is made before a version is taken, so that what was learned while the region was cut off keeps its age.
 * At most one update is on its way; what is learned meanwhile is the next one's.
 */
export class Exchange {
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  /** The ends of updates that still wait in the model of the region: these are not sent again. */
  private readonly fates = new Map<string, UpdateFate>();

  constructor(private readonly options: ExchangeOptions) {}

  /** Does what there is to do, now or after the step that runs. */
  wake(): void {
    this.again = true;
    if (!this.running && !this.stopped)
      this.running = this.run().finally(() => {
        this.running = undefined;
        // It may have been woken after the last step.
        if (this.again) this.wake();
      });
  }

  /** Resolves when no step runs. */
  async idle(): Promise<void> {
    await this.running;
  }

  /** Ends the exchange; resolves when no step runs any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.options.pace.rest();
    await this.running;
  }

  /** Settles an update, as soon as the coordinator can do it. It is not sent any more, and its first fate is the one that counts. */
  settle(id: string, fate: UpdateFate): void {
    if (!this.fates.has(id)) this.fates.set(id, fate);
    // A step may have handed it to the sender in the moment in which its answer arrived.
    this.options.uplink.drop(id).catch((error) => this.fail(error));
    this.wake();
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      try {
        await this.step();
      } catch (error) {
        this.fail(error);
      }
    }
  }

  private async step(): Promise<void> {
    const { current, uplink, pace, random, onChange } = this.options;
    const { coordinator, above } = current() ?? {};
    if (!coordinator?.isReady || !above) return;
    const { region } = coordinator;
    await this.clear(coordinator);
    await this.send(coordinator);
    // The time of the first version begins here, whether or not something can be sent now.
    const isDue = pace.isDue(region.work.versions, region.versionsOfAll);
    if (isDue && !region.waiting && uplink.online) {
      const privacy = gatewayPrivacy(above);
      await region.makeUpdate({
        id: random.hex(8),
        encoding: above.encoding.update,
        clip: privacy && updateClip(privacy),
        hidesFigures: above.privacy !== undefined || coordinator.task.privacy !== undefined,
        encode: (update) => uplink.encode(update),
      });
      if (region.waiting) pace.rest();
      await this.send(coordinator);
      onChange();
    }
    await this.take(coordinator);
  }

  /** Clears the updates whose fate is known. */
  private async clear({ region }: Coordinator): Promise<void> {
    const { onCounted, onChange } = this.options;
    for (const [id, fate] of [...this.fates]) {
      const waits = region.waiting?.id === id;
      if (waits) await region.settle(id, fate);
      this.fates.delete(id);
      if (waits && fate === 'counted') onCounted();
      onChange();
    }
  }

  /** Hands the update that waits to the sender. It is on disk before anybody sees it. */
  private async send(coordinator: Coordinator): Promise<void> {
    const { uplink, onUnreadable } = this.options;
    const { waiting } = coordinator.region;
    if (!waiting || uplink.has(waiting.id) || this.fates.has(waiting.id)) return;
    await coordinator.checkpoint();
    if (coordinator.region.waiting?.id !== waiting.id || this.fates.has(waiting.id)) return;
    try {
      await uplink.send(waiting.message);
    } catch (error) {
      if (!(error instanceof FtteError) || error.code !== 'message-invalid') throw error;
      onUnreadable(waiting.id, error);
      this.settle(waiting.id, 'given-up');
    }
  }

  private async take({ region }: Coordinator): Promise<void> {
    const { follower, uplink, log, onChange } = this.options;
    const { parameters, version, lineage } = follower;
    const { base, waiting } = region;
    if (!parameters || lineage === undefined || isSame(base, { lineage, version })) return;
    await region.take({ lineage, version }, parameters);
    // What could not be sent from the version before it may go up now.
    this.again = true;
    if (lineage !== base.lineage && waiting) await uplink.drop(waiting.id);
    log.debug?.(`version ${version} of the federation above is taken`);
    onChange();
  }

  /** A step that the coordinator cannot take now comes again with its next version; it reports the reason itself. */
  private fail(error: unknown): void {
    const isLater = error instanceof FtteError && (error.code === 'not-ready' || error.code === 'storage');
    if (!isLater && !this.stopped) this.options.onProblem(asError(error));
  }
}

const isSame = (a: PlaceAbove, b: PlaceAbove) => a.lineage === b.lineage && a.version === b.version;
