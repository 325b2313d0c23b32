import { messageOf } from '../platform';
import type { Drop } from '../session';
import type { Message } from '../wire';
import type { ModelComponents } from './components';
import type { MembershipChange } from './fleet/membership';
import type { MaskedSums } from './masking/masked-sums';
import { type CoordinatorNotices, headForged, modelRecovered } from './reports';
import type { UnknownMessageWatch } from './reports/unknown-messages';

/** Options of a message router. */
export interface MessageRouterOptions {
  readonly components: ModelComponents;
  /** Whether the coordinator has started. Until then it answers nobody. */
  readonly isReady: () => boolean;
  readonly notices: CoordinatorNotices;
  readonly unknown: UnknownMessageWatch;
  /** Called when the status has changed. */
  readonly onChange: () => void;
}

/** Most versions by which a folder may be behind the broker. No backup is that old, and the numbers stay exact. */
const mostSkipped = 1_000_000;

/** Receives the messages of a federation and passes each one to the component that handles it. */
export class MessageRouter {
  /** Whether the broker has shown a head of this run: what it keeps from now on is no trace of an earlier one. */
  private isOwnHeadThere = false;

  constructor(private readonly options: MessageRouterOptions) {}

  /** Subscribes. Resolves once the broker has confirmed all of it, so not without a connection. */
  async subscribe(): Promise<void> {
    const { components, isReady } = this.options;
    const { subscriptions, lease, membership, warmStart, state, pipeline, grants, publisher } = components;
    const { retainedState, twins, sums } = components;
    const { clock, log } = components.options;
    /** A gateway works on another lineage: it has missed the task, unless it has said why it does not take it. */
    const lacksTask = (gateway: string) => {
      if (membership.get(gateway)?.refuses === undefined) retainedState.gatewayLacks(gateway);
    };
    subscriptions.onDrop((drop) => this.onDrop(drop));
    subscriptions.onReplaced((replaced) => {
      const { message } = replaced;
      if (isReady() && !(message?.type === 'head' && this.isAhead(message))) retainedState.replaced(replaced);
    });
    await Promise.all([
      subscriptions.subscribe('head', (head, { retained }) => this.onHead(head, retained)),
      // Nothing is read from it, but a topic that is cleared or overwritten must be noticed.
      subscriptions.subscribe('task', () => undefined),
      subscriptions.subscribe('hello', (hello, { retained }) => {
        const { sender, budgetBytes, instance, modelKey, answer, maxPartBytes, refuses, term } = hello;
        if (term !== undefined) lease.onTermOfGateway(term);
        if (hello.leaves) return this.onMembership(sender, membership.leaves(sender, instance, clock.now()));
        if (answer && !retained) this.answer(sender, instance);
        if (!retained && refuses === undefined) retainedState.gatewayHas(sender, modelKey);
        publisher.limitParts(sender, maxPartBytes);
        if (refuses !== undefined) log.warn(`gateway ${sender}: ${refuses}`, 'task-refused');
        const change = membership.hello(sender, budgetBytes, clock.now(), state);
        if (change === 'full')
          log.warn(`gateway ${sender} is refused: ${membership.size} are known`, 'fleet-full');
        else this.onMembership(sender, change);
        membership.refusing(sender, refuses);
        if (!retained && membership.introducedAs(sender, instance) && isReady())
          twins.found(sender, instance);
      }),
      subscriptions.subscribe('presence', (presence) => {
        lease.onPresence(presence);
        const { sender, online, instance: run } = presence;
        this.onMembership(sender, membership.presence(sender, online, clock.now(), run));
      }),
      subscriptions.subscribe('ready', ({ sender, lineage, ready, follows, anchorId, id }) => {
        this.onMembership(sender, membership.heardLive(sender, clock.now()));
        if (id !== undefined) this.answer(sender, id);
        if (lineage !== state.lineage) return lacksTask(sender);
        // The grant is on its way: this is no new request.
        if (id !== undefined && grants?.isRunning(sender)) return;
        if (ready) grants?.ready(sender, { follows, anchor: anchorId });
        else grants?.removed(sender);
      }),
      subscriptions.subscribe('update', (update, { bytes }) => {
        const { sender, id, lineage, next } = update;
        // A copy of an earlier update shows nothing.
        const isNew = !membership.get(sender)?.seen.has(id);
        if (isNew) this.onMembership(sender, membership.heardLive(sender, clock.now()));
        grants?.arrived(sender);
        if (next && isNew && lineage === state.lineage)
          grants?.ready(sender, { follows: next.follows, anchor: next.anchorId });
        if (isNew && lineage !== state.lineage) lacksTask(sender);
        pipeline.take(update, bytes);
      }),
      subscriptions.subscribe('sync', (sync) => {
        if (!isReady() || warmStart.pending) return;
        const { sender, lineage, version, digest } = sync;
        if (lineage !== state.lineage) lacksTask(sender);
        else if (digest !== undefined) this.options.notices.differs(sender, version);
        publisher.sync(sender, sync);
      }),
      ...(sums ? [subscriptions.subscribe('help', (help) => this.takeHelp(help, sums))] : []),
      subscriptions.subscribe('claim', (message, { retained }) => lease.onClaim(message, retained)),
    ]);
  }

  /** Passes what a gateway says about masks on. */
  private takeHelp({ sender, content }: Message<'help'>, sums: MaskedSums): void {
    const { components, isReady } = this.options;
    if (!isReady()) return;
    this.onMembership(sender, components.membership.heardLive(sender, components.options.clock.now()));
    try {
      sums.take(sender, content);
    } catch (error) {
      components.options.log.warn(`gateway ${sender}: ${messageOf(error)}`, 'message-invalid');
    }
  }

  /** Acknowledges a message that is no update, so that its sender knows that messages arrive in both directions. */
  private answer(gateway: string, id: string): void {
    const { components, isReady } = this.options;
    if (!isReady() || !/^[0-9a-f]{16}$/.test(id)) return;
    components.publisher.ack(gateway, { id, status: 'accepted', version: components.state.version });
  }

  private onMembership(gateway: string, kind: MembershipChange): void {
    if (!kind) return;
    const { components, notices, onChange } = this.options;
    const { membership, grants, pipeline, sums } = components;
    const budgetBytes = membership.get(gateway)?.budgetBytes ?? 0;
    notices.membership(kind, gateway, membership.online, budgetBytes);
    onChange();
    if (kind === 'left') grants?.removed(gateway);
    else grants?.joined(gateway);
    sums?.board.review();
    // The buffer of a smaller fleet is full with fewer contributions.
    pipeline.advance();
  }

  /**
   * A later head of this coordinator means that the folder is older than the state of the broker: a backup of the folder
   * was restored. All other heads are replaced by the newest one.
   */
  private onHead(head: Message<'head'>, retained: boolean): void {
    const { components, notices } = this.options;
    const { options, state, pipeline } = components;
    const { sender, lineage, version } = head;
    if (this.isAhead(head)) {
      const { privacy } = state;
      const origin = this.originOf(head, retained);
      const { version: newest } = state;
      pipeline.renumber(version + 1);
      if (origin === 'stranger') {
        notices.say(headForged(version, newest));
        return;
      }
      const isProven = origin === 'coordinator';
      if (privacy?.distrustOlderFolder(version, newest, lineage, isProven) && privacy.problem)
        notices.say({ code: 'privacy-ledger', level: 'error', text: privacy.problem.message });
      const place = options.sharedLog ? 'log' : 'folder';
      const text = `the broker knows version ${version}, the ${place} only ${newest}: continues as version ${version + 1}`;
      notices.say(modelRecovered(version + 1, text));
    } else if (sender === options.session.id && lineage === state.lineage) {
      this.isOwnHeadThere ||= version === state.version;
      const text = `a head of version ${version} is ignored: the newest is ${state.version}`;
      if (version > state.version) options.log.warn(text, 'head-ignored');
    }
  }

  /** The publisher of a later head of this coordinator: itself before its folder was restored, or a stranger. */
  private originOf(
    { lineage, version, proof }: Message<'head'>,
    retained: boolean,
  ): 'coordinator' | 'stranger' | 'unknown' {
    const { options, state, noiseKey } = this.options.components;
    if (options.session.hasMembers) return 'coordinator';
    // Another coordinator with the same log continues its versions.
    if (options.sharedLog !== undefined) return 'unknown';
    // This run has the lead: a head that is sent during it, or found after its own has been there, is no trace of an earlier
    // run, and without invitations anybody can be the sender.
    if (!retained || this.isOwnHeadThere) return 'stranger';
    const { privacy } = state;
    if (!privacy?.knowsHeads) return 'unknown';
    return noiseKey.proof(lineage, version) === proof ? 'coordinator' : 'stranger';
  }

  /** Whether a head is a later one of this coordinator than it knows. */
  private isAhead({ sender, lineage, version }: Message<'head'>): boolean {
    const { options, state } = this.options.components;
    const skipped = version - state.version;
    // Several coordinators with one log continue each other's versions.
    const isOwn =
      (sender === options.session.id || options.sharedLog !== undefined) && lineage === state.lineage;
    return isOwn && skipped > 0 && skipped <= mostSkipped;
  }

  /** An update that is not a valid message. Its sender must learn of that, or it would send it for ever. */
  private onDrop(drop: Drop): void {
    const { type, sender, id, detail, reason: why, topic } = drop;
    const { components, isReady, notices, unknown, onChange } = this.options;
    if (unknown.saw(drop)) onChange();
    // Its sender cannot be read, and could read no answer.
    if (why === 'version' && topic)
      components.options.log.warn(`a message on ${topic} is not understood: ${detail}`, 'version-differs');
    if (!isReady() || type !== 'update' || !sender) return;
    const { state, publisher, grants } = components;
    if (why === 'plan') {
      // It comes again with its plan.
      if (id)
        publisher.ack(sender, { id, status: 'rejected', reason: 'unknown-plan', version: state.version });
      return;
    }
    const reason = 'malformed';
    state.countRejection(reason);
    grants?.settled(sender, true);
    if (id) publisher.ack(sender, { id, status: 'rejected', reason, detail, version: state.version });
    notices.rejected(sender, reason, detail);
    onChange();
  }
}
