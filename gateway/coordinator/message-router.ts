import type { Drop } from '../session';
import type { Message } from '../wire';
import type { CoordinatorComponents } from './components';
import type { MembershipChange } from './fleet/membership';
import type { Foundation } from './foundation';
import type { CoordinatorNotice } from './reports/coordinator-types';

export interface MessageRouterOptions {
  readonly foundation: Foundation;
  readonly components: CoordinatorComponents;
  /** Whether the coordinator has begun: until then it answers nobody. */
  readonly isReady: () => boolean;
  readonly onNotice: (notice: CoordinatorNotice) => void;
  /** Something that the state shows has changed. */
  readonly onChange: () => void;
}

/** Versions that a folder may be behind the broker: more than any backup is old, and numbers stay whole. */
const mostSkipped = 1_000_000;

/** Hears what comes over the broker and hands each message to the part whose business it is. */
export class MessageRouter {
  constructor(private readonly options: MessageRouterOptions) {}

  /** Resolves once all of it is subscribed: not before there is a connection. */
  async subscribe(): Promise<void> {
    const { foundation, components, isReady } = this.options;
    const { subscriptions, lease, clock, log, membership, scout } = foundation;
    const { state, pipeline, grants, publisher } = components;
    subscriptions.onDrop((drop) => this.onDrop(drop));
    await Promise.all([
      subscriptions.subscribe('head', (head) => this.onHead(head)),
      subscriptions.subscribe('hello', ({ sender, budgetBytes }, { retained }) => {
        const change = membership.hello(sender, budgetBytes, retained, clock.now());
        if (change === 'full') log.warn(`gateway ${sender} is turned away: ${membership.size} are known`);
        else this.onMembership(sender, change);
      }),
      subscriptions.subscribe('presence', (presence) => {
        lease.onPresence(presence);
        const { sender, online } = presence;
        this.onMembership(sender, membership.presence(sender, online, clock.now()));
      }),
      subscriptions.subscribe('ready', ({ sender, lineage, ready, follows, anchorId }) => {
        if (lineage !== state.lineage) return;
        if (ready) grants?.ready(sender, { follows, anchor: anchorId });
        else grants?.removed(sender);
      }),
      subscriptions.subscribe('update', (update, { bytes }) => {
        grants?.arrived(update.sender);
        pipeline.take(update, bytes);
      }),
      subscriptions.subscribe('sync', (sync) => {
        if (isReady() && !scout.warming) publisher.sync(sync.sender, sync);
      }),
      subscriptions.subscribe('claim', (message, { retained }) => lease.onClaim(message, retained)),
    ]);
  }

  private onMembership(gateway: string, kind: MembershipChange): void {
    if (!kind) return;
    const { foundation, components, onNotice, onChange } = this.options;
    const { membership } = foundation;
    const budgetBytes = membership.get(gateway)?.budgetBytes ?? 0;
    onNotice({ kind, gateway, online: membership.online, budgetBytes });
    onChange();
    if (kind === 'left') components.grants?.removed(gateway);
    else components.grants?.joined(gateway);
    // A smaller fleet fills a smaller buffer.
    components.pipeline.advance();
  }

  /**
   * A head of another is what one that gave way had said before: ours is said again over it. A later one of ours is
   * what the broker remembers and the folder does not: an older copy of the folder came back.
   */
  private onHead({ sender, lineage, version }: Message<'head'>): void {
    const { foundation, components, isReady, onNotice } = this.options;
    const { state, pipeline, versionPublisher } = components;
    if (sender !== foundation.session.id) {
      if (isReady()) versionPublisher.announce();
      return;
    }
    if (lineage !== state.lineage || version <= state.version) return;
    if (version - state.version > mostSkipped) {
      foundation.log.warn(`a head of version ${version} is passed over: the newest is ${state.version}`);
      if (isReady()) versionPublisher.announce();
      return;
    }
    pipeline.renumber(version + 1);
    const text = `the broker knows version ${version}, the folder only ${state.version}: goes on as version ${version + 1}`;
    onNotice({ kind: 'recovered', version: version + 1, text });
  }

  /** An update that was not even a message: its sender must hear that, or it would send it for ever. */
  private onDrop({ type, sender, id, detail }: Drop): void {
    const { components, isReady, onNotice, onChange } = this.options;
    if (!isReady() || type !== 'update' || !sender) return;
    const { state, publisher, grants } = components;
    const reason = 'malformed';
    state.countRejection(reason);
    grants?.settled(sender, true);
    if (id) publisher.ack(sender, { id, status: 'rejected', reason, detail, version: state.version });
    onNotice({ kind: 'rejected', gateway: sender, reason, detail });
    onChange();
  }
}
