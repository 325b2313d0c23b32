import type { EncodedMessage, ExportedBytes, Session } from '../../../gateway/session';
import type { RoleMessageType } from '../../../gateway/wire';

/** A message as bytes, for a transport of the flow's own. */
export interface TeedMessage {
  readonly type: RoleMessageType;
  readonly bytes: ExportedBytes;
  /** Id of the addressed gateway; undefined for all gateways, or for the coordinator. */
  readonly to: string | undefined;
}

/**
 * A session that also hands its messages to `tap` as bytes. With invitations it hands over none: they would be in plain.
 * @param pick chooses the messages, by their type and, of an update, its id
 */
export function teeSession(
  session: Session,
  pick: (message: Pick<EncodedMessage, 'type' | 'id'>) => boolean,
  tap: (message: TeedMessage) => void,
): Session {
  const pass = ({ type, bytes, to }: Omit<TeedMessage, 'bytes'> & { readonly bytes: Uint8Array }) => {
    const exported = session.exported(bytes);
    if (exported) tap({ type, bytes: exported, to });
  };
  return {
    federation: session.federation,
    id: session.id,
    instance: session.instance,
    async send(body, to, options) {
      if (!pick(body)) return session.send(body, to, options);
      const bytes = session.encode(body);
      pass({ type: body.type, bytes, to });
      return session.sendEncoded({ type: body.type, bytes }, to, options);
    },
    sendEncoded(message, to, options) {
      if (pick(message)) pass({ type: message.type, bytes: message.bytes, to });
      return session.sendEncoded(message, to, options);
    },
    sendLast: (body, afterMs) => session.sendLast(body, afterMs),
    subscribe: (type, handler) => session.subscribe(type, handler),
    confirmEach: (type) => session.confirmEach(type),
    encode: (body) => session.encode(body),
    exported: (bytes) => session.exported(bytes),
    receive: (bytes) => session.receive(bytes),
    onDrop: (listener) => session.onDrop(listener),
    onReplaced: (listener) => session.onReplaced(listener),
    get term() {
      return session.term;
    },
    lead: (term) => session.lead(term),
    get identity() {
      return session.identity;
    },
    memberKey: (gateway) => session.memberKey?.(gateway),
    get updateCounter() {
      return session.updateCounter;
    },
    admission: () => session.admission(),
    get hasMembers() {
      return session.hasMembers;
    },
    countUpdates: (next) => session.countUpdates(next),
    topicOf: (type, gateway) => session.topicOf(type, gateway),
    get coordinatorSeenMs() {
      return session.coordinatorSeenMs;
    },
    receivedMs: (type, leastBytes) => session.receivedMs(type, leastBytes),
    get dropsSilently() {
      return session.dropsSilently;
    },
    get partLimitBytes() {
      return session.partLimitBytes;
    },
    limitParts: (bytes) => session.limitParts(bytes),
    get dropped() {
      return session.dropped;
    },
  };
}

/** Whether an output of a node has a wire; without one, its messages need not be made. */
export function isWired(config: object, output: number): boolean {
  const { wires } = config as { wires?: unknown };
  return Array.isArray(wires) && Array.isArray(wires[output]) && wires[output].length > 0;
}
