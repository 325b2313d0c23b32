import { joinRefusalText } from '../../../gateway/security';
import type { FederationHandle } from './federation-handle';

/** Calls for a gateway that is not let in. */
export interface StandingListener {
  /** @param text says why, for a person */
  refused(text: string, reason: keyof typeof joinRefusalText): void;
  /** Called when the coordinator has let it in after a refusal. */
  admitted(): void;
}

/** Says whether the coordinator lets this gateway in: each refusal, and the end of one. @returns ends that */
export function followStanding(
  handle: Pick<FederationHandle, 'onStanding'>,
  { refused, admitted }: StandingListener,
): () => void {
  let isOut = false;
  return handle.onStanding((standing) => {
    const wasOut = isOut;
    isOut = standing !== 'member';
    if (standing !== 'member') refused(joinRefusalText[standing], standing);
    else if (wasOut) admitted();
  });
}
