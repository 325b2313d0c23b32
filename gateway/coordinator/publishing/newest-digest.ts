import { runAsync, runSync, type YieldToEventLoop } from '../../platform';
import { versionDigest } from '../../wire';
import type { CoordinatorState } from '../state/coordinator-state';

/** The digest of the newest version as gateways hold it. It is made before the version is published. */
export class NewestDigest {
  private made: { readonly lineage: string; readonly version: number; readonly digest: string } | undefined;

  constructor(
    private readonly state: Pick<CoordinatorState, 'lineage' | 'version' | 'model'>,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** Makes it, in several turns if there are any. The model must not change meanwhile. */
  async make(): Promise<void> {
    const { turn } = this;
    const { lineage, version, model } = this.state;
    const steps = versionDigest({ lineage, version }, model.parameters.published);
    const digest = turn ? await runAsync(steps, turn) : runSync(steps);
    this.made = { lineage, version, digest };
  }

  /** Undefined while it is not made. */
  get value(): string | undefined {
    const { made, state } = this;
    return made?.lineage === state.lineage && made.version === state.version ? made.digest : undefined;
  }
}
