import type { ImportanceScores } from '../model';
import type { Update } from '../wire';
import type { RegionalWork } from './above/regional-work';
import type { PlaceAbove, UpdateMaking, WaitingAbove } from './above/unsent-progress';
import type { ModelComponents } from './components';
import { scoreSubject } from './evaluation/score-file';

/** The end of an update upwards. `returned`: it was too old, and its content is sent again with what comes after it. */
export type UpdateFate = 'counted' | 'given-up' | 'returned';

/** The making of an update upwards. */
export type ProgressMaking = Omit<UpdateMaking, 'evaluation' | 'encode'> & {
  /** The message as bytes, by the session of the federation above. */
  readonly encode: (update: Update) => Uint8Array;
};

/**
 * The model of a region as the federation above sees it: the version above that it has taken, and what it has learned since and
 * not sent. Everything happens between two versions, and is durable with the next checkpoint.
 */
export class RegionalModel {
  /** @param ready the parts of a coordinator at work. @throws FtteError `not-ready` */
  constructor(private readonly ready: () => ModelComponents) {}

  /** The version above that was taken last. @throws FtteError `not-ready` */
  get base(): PlaceAbove {
    return this.parts.above.base;
  }

  /** The work behind what was not sent. @throws FtteError `not-ready` */
  get work(): RegionalWork {
    return this.parts.above.work;
  }

  /** The update that was made and not settled. It is durable after a checkpoint. @throws FtteError `not-ready` */
  get waiting(): WaitingAbove | undefined {
    return this.parts.above.waiting;
  }

  /** Versions of this region after which all gateways online have contributed about once. @throws FtteError `not-ready` */
  get versionsOfAll(): number {
    const { membership, state } = this.parts;
    return Math.max(1, Math.ceil(membership.online / Math.max(1, state.capacity)));
  }

  /** Takes a version of the federation above. @throws FtteError `not-ready`, `storage` */
  async take(place: PlaceAbove, parameters: Float32Array): Promise<void> {
    const { pipeline, above, federated } = this.parts;
    if (place.lineage !== above.base.lineage) federated.clear();
    await pipeline.rebase(place, parameters, above);
  }

  /** Makes an update of what was not sent, if there is something. @throws FtteError `not-ready`, `storage` */
  async makeUpdate(making: ProgressMaking): Promise<void> {
    const { pipeline, above, state, federated } = this.parts;
    await pipeline.between(() => {
      const evaluation = federated.sum(state.version);
      return above.take(state.model.parameters.exact, { ...making, evaluation });
    });
  }

  /** Settles an update. @throws FtteError `not-ready`, `storage` */
  async settle(id: string, fate: UpdateFate): Promise<void> {
    const { pipeline, above } = this.parts;
    await pipeline.between(function* () {
      if (fate === 'returned') yield* above.returned(id);
      else above.settled(id);
    });
  }

  /** Takes the scores by which gateways select, as the coordinator above has measured them. @throws FtteError `not-ready` */
  useScores(importance: ImportanceScores): void {
    const { profiler, versionPublisher, scoreStore, state } = this.parts;
    profiler.restore(importance);
    versionPublisher.task();
    scoreStore.save(scoreSubject(state), importance);
  }

  private get parts() {
    const parts = this.ready();
    const { above } = parts.state;
    if (!above) throw new Error('the coordinator is not that of a region');
    return { ...parts, above };
  }
}
