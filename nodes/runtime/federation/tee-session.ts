import type { RoleMessageType, Session } from '../../../gateway/session';
import type { BodyOf } from '../../../gateway/wire';

/** A message as bytes, for a transport of the flow's own. */
export interface TeedMessage {
  readonly type: RoleMessageType;
  readonly bytes: Uint8Array;
  /** The gateway it is for; undefined where it is for all, or for the coordinator. */
  readonly to: string | undefined;
}

/**
 * The same conversation, with everything that is said also handed to `tap` as bytes.
 * @param pick which bodies are wanted; the others are not even encoded
 */
export function teeSession(
  session: Session,
  pick: (body: BodyOf<RoleMessageType>) => boolean,
  tap: (message: TeedMessage) => void,
): Session {
  return {
    federation: session.federation,
    id: session.id,
    send(body, to) {
      if (pick(body)) tap({ type: body.type, bytes: session.encode(body), to });
      return session.send(body, to);
    },
    subscribe: (type, handler) => session.subscribe(type, handler),
    encode: (body) => session.encode(body),
    receive: (bytes) => session.receive(bytes),
    onDrop: (listener) => session.onDrop(listener),
    get dropped() {
      return session.dropped;
    },
  };
}

/** Whether an output of a node leads anywhere: nobody has to make messages that go nowhere. */
export function isWired(config: object, output: number): boolean {
  const { wires } = config as { wires?: unknown };
  return Array.isArray(wires) && Array.isArray(wires[output]) && wires[output].length > 0;
}
