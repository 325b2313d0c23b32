import type { Drop } from '../session';
import type { Message } from '../wire';
import type { Parts } from './components';
import type { MembershipChange } from './fleet/membership';
import type { Foundation } from './foundation';
import type { CoordinatorNotice } from './reports/coordinator-types';

export interface FederationListenerOptions {
  readonly foundation: Foundation;
  readonly parts: Parts;
  /** Whether the coordinator has begun: until then it answers nobody. */
  readonly isReady: () => boolean;
  readonly onNotice: (notice: CoordinatorNotice) => void;
  /** Something that the state shows has changed. */
  readonly onChange: () => void;
}

/** Versions that a folder may be behind the broker: more than any backup is old, and numbers stay whole. */
const mostSkipped = 1_000_000;

/** Hears what comes over the broker and hands each message to the part whose business it is. */
export class FederationListener {
  constructor(private readonly options: FederationListenerOptions) {}

  /** Resolves once all of it is subscribed: not before there is a connection. */
  async subscribe(): Promise<void> {
    const { foundation, parts, isReady } = this.options;
    const { subscriptions, claim, clock, log, membership, scout } = foundation;
    const { record, line, grants, publisher } = parts;
    subscriptions.onDrop((drop) => this.onDrop(drop));
    await Promise.all([
      subscriptions.hear('head', (head) => this.onHead(head)),
      subscriptions.hear('hello', ({ sender, budgetBytes }, { retained }) => {
        const change = membership.hello(sender, budgetBytes, retained, clock.now());
        if (change === 'full') log.warn(`gateway ${sender} is turned away: ${membership.size} are known`);
        else this.onMembership(sender, change);
      }),
      subscriptions.hear('presence', (presence) => {
        claim.onPresence(presence);
        const { sender, online } = presence;
        this.onMembership(sender, membership.presence(sender, online, clock.now()));
      }),
      subscriptions.hear('ready', ({ sender, lineage, ready, follows, anchorId }) => {
        if (lineage !== record.lineage) return;
        if (ready) grants?.ready(sender, { follows, anchor: anchorId });
        else grants?.left(sender);
      }),
      subscriptions.hear('update', (update, { bytes }) => {
        grants?.arrived(update.sender);
        line.take(update, bytes);
      }),
      subscriptions.hear('sync', (sync) => {
        if (isReady() && !scout.warming) publisher.sync(sync.sender, sync);
      }),
      subscriptions.hear('claim', (message, { retained }) => claim.onClaim(message, retained)),
    ]);
  }

  private onMembership(gateway: string, kind: MembershipChange): void {
    if (!kind) return;
    const { foundation, parts, onNotice, onChange } = this.options;
    const { membership } = foundation;
    const budgetBytes = membership.get(gateway)?.budgetBytes ?? 0;
    onNotice({ kind, gateway, online: membership.online, budgetBytes });
    onChange();
    if (kind === 'left') parts.grants?.left(gateway);
    else parts.grants?.joined(gateway);
    // A smaller fleet fills a smaller buffer.
    parts.line.advance();
  }

  /**
   * A head of another is what one that gave way had said before: ours is said again over it. A later one of ours is
   * what the broker remembers and the folder does not: an older copy of the folder came back.
   */
  private onHead({ sender, lineage, version }: Message<'head'>): void {
    const { foundation, parts, isReady, onNotice } = this.options;
    const { record, line, teller } = parts;
    if (sender !== foundation.session.id) {
      if (isReady()) teller.announce();
      return;
    }
    if (lineage !== record.lineage || version <= record.version) return;
    if (version - record.version > mostSkipped) {
      foundation.log.warn(`a head of version ${version} is passed over: the newest is ${record.version}`);
      if (isReady()) teller.announce();
      return;
    }
    line.skipTo(version + 1);
    const text = `the broker knows version ${version}, the folder only ${record.version}: goes on as version ${version + 1}`;
    onNotice({ kind: 'recovered', version: version + 1, text });
  }

  /** An update that was not even a message: its sender must hear that, or it would send it for ever. */
  private onDrop({ type, sender, id, detail }: Drop): void {
    const { parts, isReady, onNotice, onChange } = this.options;
    if (!isReady() || type !== 'update' || !sender) return;
    const { record, publisher, grants } = parts;
    const reason = 'malformed';
    record.countRejection(reason);
    grants?.heard(sender, true);
    if (id) publisher.ack(sender, { id, status: 'rejected', reason, detail, version: record.version });
    onNotice({ kind: 'rejected', gateway: sender, reason, detail });
    onChange();
  }
}
