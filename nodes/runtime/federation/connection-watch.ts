import { type NoticeCode, noticeCodeOf } from '../../../gateway/platform';
import type { JoinRefusal } from '../../../gateway/security';
import type { FederationHandle } from './federation-handle';

/** Troubles of a connection that may pass by themselves; all others are for a person to solve. */
const passing: readonly NoticeCode[] = ['broker-unreachable', 'broker-busy', 'broker-closed', 'unexpected'];

/** A reason for a person to do something: a trouble of the connection, or that the coordinator does not let this gateway in. */
export type ConnectionFault = NoticeCode | JoinRefusal;

/** Follows the connection of a federation, and remembers what a person has to do about it. */
export class ConnectionWatch {
  /** Whether the broker is reached, and the coordinator has not refused this gateway. */
  get online(): boolean {
    return this.isConnected && this.refusal === undefined;
  }

  /** The code of the trouble, if it will not pass by itself. */
  get fault(): ConnectionFault | undefined {
    // A broker that the coordinator hosts refuses whoever it has put out: the reason says more.
    return this.refusal ?? (this.isConnected ? undefined : this.trouble);
  }

  readonly stop: () => void;
  private isConnected = false;
  private trouble: NoticeCode | undefined;
  /** Why the coordinator does not let this gateway in. */
  private refusal: JoinRefusal | undefined;

  /** @param onChange called at each change, and not for the present state */
  constructor(handle: FederationHandle, onChange: () => void = () => undefined) {
    let present = true;
    const ends = [
      handle.onStanding((standing) => {
        this.refusal = standing === 'member' ? undefined : standing;
        if (!present) onChange();
      }),
      handle.onConnection((state, error) => {
        this.isConnected = state === 'online';
        if (this.isConnected) this.trouble = undefined;
        else if (error) {
          const code = noticeCodeOf(error);
          this.trouble = passing.includes(code) ? undefined : code;
        }
        if (!present) onChange();
      }),
    ];
    this.stop = () => {
      for (const end of ends) end();
    };
    present = false;
  }
}
