import type { NodeMessage } from 'node-red';
import type { Session } from '../../gateway/session';
import { decodeMessage, type RoleMessageType, routes } from '../../gateway/wire';
import { type TeedMessage, teeSession } from '../runtime';

/** The coordinator's messages to the gateways as a flow's messages, for people who bring their own transport. */
export class Downlink {
  readonly session: Session;
  private readonly latest = new Map<RoleMessageType, TeedMessage>();

  constructor(
    session: Session,
    private readonly send: (msg: NodeMessage) => void,
  ) {
    this.session = teeSession(
      session,
      () => true,
      (message) => {
        // The broker would keep it for gateways that come later; a flow's own transport keeps nothing.
        if (routes[message.type].retain) this.latest.set(message.type, message);
        this.pass(message);
      },
    );
  }

  /** A gateway that introduces itself by the flow hears by the flow what it has missed. */
  received(bytes: Uint8Array): void {
    if (decodeMessage(bytes).type !== 'hello') return;
    for (const message of this.latest.values()) this.pass(message);
  }

  private pass({ type, bytes, to }: TeedMessage): void {
    const msg: NodeMessage & { gateway?: string } = { topic: type, payload: Buffer.from(bytes) };
    if (to !== undefined) msg.gateway = to;
    this.send(msg);
  }
}
