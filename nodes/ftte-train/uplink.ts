import type { ModelFollower } from '../../gateway/participant';
import type { EncodedMessage, ExportedBytes, Session } from '../../gateway/session';
import { teeSession } from '../runtime';

/** Updates whose first sending is remembered; a coordinator that answers leaves far fewer open. */
const maxRemembered = 1000;

/** The messages of a gateway beside the first sending of its updates, as bytes for a transport of the flow's own. */
export class Uplink {
  readonly session: Session;
  private readonly sent = new Set<string>();
  private readonly stopFollowing: () => void;

  constructor(
    session: Session,
    follower: ModelFollower,
    send: (topic: string, bytes: ExportedBytes) => void,
  ) {
    this.session = teeSession(
      session,
      (message) => this.isNews(message),
      ({ type, bytes }) => send(type, bytes),
    );
    // The follower asks over the broker; a gateway without one asks over the flow.
    this.stopFollowing = follower.on('task', ({ lineage }) => {
      if (!follower.following || follower.version >= 0) return;
      const bytes = session.exported(session.encode({ type: 'sync', lineage, version: -1 }));
      if (bytes) send('sync', bytes);
    });
  }

  stop(): void {
    this.stopFollowing();
  }

  /** The first sending of an update is the participant's own event; here is what it sends again. */
  private isNews({ type, id = '' }: Pick<EncodedMessage, 'type' | 'id'>): boolean {
    // The broker's clients alone have a presence, and a sync goes by the flow once (above).
    if (type === 'presence' || type === 'sync') return false;
    if (type !== 'update' || this.sent.has(id)) return true;
    if (this.sent.size >= maxRemembered) this.sent.clear();
    this.sent.add(id);
    return false;
  }
}
