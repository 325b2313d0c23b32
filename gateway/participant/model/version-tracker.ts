import {
  type Clock,
  FtteError,
  type Log,
  type Random,
  runAsync,
  runSync,
  type YieldToEventLoop,
} from '../../platform';
import type { Session } from '../../session';
import { type Head, lengthOf, type Patch, type Snapshot } from '../../wire';
import { heldDigest } from './held-digest';
import { HeldVersion, type MadeVersion } from './held-version';
import type { ModelMemory } from './model-memory';
import { ModelRequest } from './model-request';
import { SyncRequester } from './sync-requester';

export interface VersionTrackerOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly memory: ModelMemory;
  readonly yieldToEventLoop?: YieldToEventLoop;
  /** The lineage of the task; undefined before there is one. Messages of another lineage are ignored. */
  readonly lineage: () => string | undefined;
  /** The number of parameters of the task's model; undefined before there is one. */
  readonly size: () => number | undefined;
  /** `aggregation.averageVersions` of the task. */
  readonly averageVersions: () => number;
  /** Whether patches, snapshots and heads are received. */
  readonly isFollowing: () => boolean;
  /** Another version is held. */
  readonly onVersion: (lineage: string, cause: NonNullable<MadeVersion['cause']>) => void;
  /** @param what what failed, for a person */
  readonly onFailure: (error: unknown, what: string) => void;
}

/**
 * Keeps the held version of a lineage at the newest one: applies the patches in their order, takes a snapshot if it
 * holds no version or missed one, and requests it from the coordinator if none comes.
 */
export class VersionTracker {
  private readonly held: HeldVersion;
  private readonly requester: SyncRequester;
  private readonly request: ModelRequest;
  private head: Head | undefined;
  /** The held version is not known to the coordinator: its next snapshot is taken, whatever its number. */
  private stale = false;
  /** The version that was held when it differed from the coordinator's, and its digest, until a snapshot replaces it. */
  private differing: { readonly version: number; readonly digest: string } | undefined;
  /** The parameters that were compared with a head last, and its digest. */
  private compared: { readonly parameters: Float32Array; readonly digest: string } | undefined;
  /** The digest of the last head that the held version did not have. */
  private missed: string | undefined;
  /** The version of the last head that was not retained, if it is older than the held one. */
  private olderHead: number | undefined;

  constructor(private readonly options: VersionTrackerOptions) {
    const { session, clock, random, memory, yieldToEventLoop } = options;
    this.held = new HeldVersion(memory, yieldToEventLoop);
    this.request = new ModelRequest({
      session,
      clock,
      log: options.log,
      isPublished: () => this.isPublished(),
      size: options.size,
    });
    this.requester = new SyncRequester({
      clock,
      random,
      isBehind: () => this.isBehind(),
      patienceMs: () => this.request.patienceMs,
      request: async () => {
        const lineage = options.lineage();
        if (lineage === undefined) return;
        const { differing } = this;
        if (differing) await this.request.send(lineage, differing.version, differing.digest);
        else await this.request.send(lineage, this.stale ? -1 : this.version);
      },
      onFailure: (error) => options.onFailure(error, 'cannot request the model'),
    });
  }

  /** -1 while there are no parameters of the lineage. */
  get version(): number {
    return this.held.number;
  }

  /** The current global model, flat. It is never changed; the next version has another array. */
  get parameters(): Float32Array | undefined {
    return this.held.model?.parameters;
  }

  /** The running average of recent versions, flat. It is never changed. */
  get average(): Float32Array | undefined {
    return this.held.model?.average;
  }

  takeHead(head: Head, retained: boolean): void {
    // It is stored whatever its lineage, because its task may arrive later.
    this.head = head;
    if (head.lineage !== this.options.lineage()) return;
    if (!retained) this.invalidateIfRestored(head.version);
    this.compare();
    if (head.version <= this.version) return;
    if (retained) this.wake();
    else this.requester.ask();
  }

  takePatch(patch: Patch): void {
    if (patch.lineage !== this.options.lineage() || patch.version <= this.version) return;
    // One that waits for those before it must not hold more than the model itself.
    const [size, values] = [this.options.size(), lengthOf(patch.delta)];
    if (size !== undefined && values > size) {
      const text = `a patch has ${values} values, expected at most ${size} for the model of the task`;
      this.options.onFailure(new FtteError('message-invalid', text), 'the patch cannot be used');
      return;
    }
    this.held.queue(patch);
    this.advance();
  }

  /** @param lastBytes size of the message that brought it, or its last part */
  takeSnapshot(snapshot: Snapshot, lastBytes: number): void {
    const wanted = this.options.size();
    if (snapshot.lineage !== this.options.lineage() || wanted === undefined) return;
    if (snapshot.version <= this.version && !this.stale) return;
    if (snapshot.parameters.length !== wanted || snapshot.average.length !== wanted) {
      const got = `${snapshot.parameters.length} and ${snapshot.average.length}`;
      const text = `the snapshot has ${got} parameters, expected ${wanted} for the model of the task`;
      this.options.onFailure(new FtteError('message-invalid', text), 'the snapshot cannot be used');
      return;
    }
    this.request.answered(lastBytes);
    if (this.stale) this.forget();
    this.held.offer(snapshot);
    this.advance();
  }

  /** See `ModelFollower.invalidate`. */
  invalidate(): void {
    if (this.stale || !this.options.isFollowing() || !this.parameters) return;
    this.stale = true;
    this.held.drop();
    this.options.log.warn(
      `version ${this.version} is no longer known to the coordinator: the newest version is requested`,
      'model-behind',
    );
    this.requester.ask();
  }

  /** The coordinator may be back: a request that waits for a later attempt is sent soon. */
  wake(): void {
    this.request.reset();
    this.requester.wake();
  }

  /** Forgets the held version. */
  forget(): void {
    this.stale = false;
    this.differing = undefined;
    this.compared = undefined;
    this.olderHead = undefined;
    this.held.forget();
  }

  /** Forgets the held version and needs no other one until `wake`. */
  rest(): void {
    this.requester.satisfied();
    this.forget();
  }

  /** Ends the timers. The held version stays readable. */
  stop(): void {
    this.request.reset();
    this.requester.stop();
    this.held.drop();
  }

  /**
   * One older head may be late. Two heads that ascend and are older than the held version mean that the coordinator
   * counts from an earlier version.
   */
  private invalidateIfRestored(version: number): void {
    const before = this.olderHead;
    this.olderHead = version < this.version ? version : undefined;
    if (before !== undefined && this.olderHead !== undefined && before < version) this.invalidate();
  }

  /** Makes the next version from the messages that came. Messages that come meanwhile wait for its end. */
  private advance(): void {
    const { held, options } = this;
    const size = options.size();
    if (held.busy) return;
    if (size === undefined || !held.due) {
      this.settle();
      return;
    }
    held.make({
      size,
      averageVersions: options.averageVersions,
      onMade: (made) => this.reportMade(made),
      onFailure: (error) => {
        options.onFailure(error, 'the next version cannot be made');
        this.settle();
      },
    });
  }

  private reportMade({ cause, problem }: MadeVersion): void {
    const { lineage, onFailure, onVersion } = this.options;
    const of = lineage();
    if (problem) onFailure(problem, 'the patch cannot be used');
    if (cause && of !== undefined) onVersion(of, cause);
    this.compare();
    this.advance();
  }

  /** Compares the held version with the head of the same number, in several turns if there are any. */
  private compare(): void {
    const { head, held, options, stale } = this;
    const parameters = held.model?.parameters;
    const { digest } = head ?? {};
    if (!head || !parameters || digest === undefined || stale) return;
    if (head.lineage !== options.lineage() || head.version !== held.number) return;
    if (this.compared?.parameters === parameters && this.compared.digest === digest) return;
    this.compared = { parameters, digest };
    const judge = (own: string) => {
      if (own !== digest && held.model?.parameters === parameters && !this.stale)
        this.onDiffering(own, digest);
    };
    const steps = heldDigest(head, parameters);
    if (!options.yieldToEventLoop) judge(runSync(steps));
    else
      runAsync(steps, options.yieldToEventLoop)
        .then(judge)
        .catch((error) => options.onFailure(error, 'the held version cannot be compared'));
  }

  private onDiffering(digest: string, expected: string): void {
    const { version } = this;
    const { log } = this.options;
    const what = `version ${version} here is another model than the coordinator says (${digest}, expected ${expected})`;
    if (expected === this.missed) {
      log.warn(`${what}, although the coordinator sent it again: who else writes heads?`, 'model-differs');
      return;
    }
    this.missed = expected;
    this.stale = true;
    this.differing = { version, digest };
    this.held.drop();
    log.warn(`${what}: the newest version is requested`, 'model-differs');
    this.requester.ask();
  }

  private isBehind(): boolean {
    const { lineage, isFollowing } = this.options;
    // Whether the version that is being made is enough is known only at its end.
    if (lineage() === undefined || !isFollowing() || this.held.busy) return false;
    if (!this.parameters || this.stale) return true;
    const newest = this.head?.lineage === lineage() ? (this.head?.version ?? -1) : -1;
    return Math.max(newest, this.held.newestPatch) > this.version;
  }

  /** Whether the coordinator has published a version of the lineage; before that it answers no request. */
  private isPublished(): boolean {
    return this.head !== undefined && this.head.lineage === this.options.lineage();
  }

  private settle(): void {
    if (this.isBehind()) this.requester.ask();
    else this.requester.satisfied();
  }
}
