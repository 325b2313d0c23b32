import { type NoticeCode, noticeCodeOf } from '../../../gateway/platform';
import type { FederationHandle } from './federation-handle';

/** Troubles of a connection that may pass by themselves; all others are for a person to solve. */
const passing: readonly NoticeCode[] = ['broker-unreachable', 'broker-busy', 'broker-closed', 'unexpected'];

/** Follows the connection of a federation, and remembers what a person has to do about it. */
export class ConnectionWatch {
  online = false;
  /** The code of the trouble, if it will not pass by itself. */
  fault: NoticeCode | undefined;
  readonly stop: () => void;

  /** @param onChange called at each change, and not for the present state */
  constructor(handle: FederationHandle, onChange: () => void = () => undefined) {
    let present = true;
    this.stop = handle.onConnection((state, error) => {
      this.online = state === 'online';
      if (this.online) this.fault = undefined;
      else if (error) {
        const code = noticeCodeOf(error);
        this.fault = passing.includes(code) ? undefined : code;
      }
      if (!present) onChange();
    });
    present = false;
  }
}
