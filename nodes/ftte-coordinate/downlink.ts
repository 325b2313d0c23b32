import type { NodeMessage } from 'node-red';
import type { Session } from '../../gateway/session';
import { decodeMessage, type RoleMessageType, routes } from '../../gateway/wire';
import { type TeedMessage, teeSession } from '../runtime';

/** The coordinator's messages to the gateways as messages of the flow, for a transport of the user's own. */
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
        // The broker would retain it for later subscribers; a flow's own transport retains nothing.
        if (routes[message.type].retain) this.latest.set(message.type, message);
        this.pass(message);
      },
    );
  }

  /** Sends a gateway that says hello over the flow what it has missed. */
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
