import type { Trainer } from '../engine';
import {
  type GatewayPolicy,
  type GatewayPolicyInput,
  gatewayPolicy,
  type PlanChooser,
  type RoundTrigger,
} from '../participant';
import { countedLog, FtteError, messageOf } from '../platform';
import type { BrokerOption } from './broker';
import { type ConnectionOptions, environmentOf } from './connection';
import { GatewayMembership, problemCode } from './membership/gateway-membership';
import { byteSize } from './options/byte-size';
import { checkInvitedSettings, checkMemberSettings } from './options/check-settings';

export const defaultBudget = '192k';
/** Samples that are kept. */
export const defaultCapacity = 1024;

/** Options of `joinFederation`. All have a default except the federation, the broker and the id. */
export interface MemberSettings extends ConnectionOptions {
  readonly broker: BrokerOption;
  /** Memory for training: bytes, or a size such as `256k`. Default 192k. */
  readonly budget?: number | string;
  /**
   * Folder for samples, and for updates that wait for their acknowledgement. Without it they are lost when the process
   * ends.
   */
  readonly folder?: string;
  /**
   * Whether samples are in `folder`, too: raw values, for the owner of the file alone. False: readings are never written to
   * disk, and samples of an earlier run are erased. Default true.
   */
  readonly keepSamples?: boolean;
  /**
   * The key that outbox and samples in `folder` are encrypted with: 16 characters or bytes at least, random. Default: they
   * are in plain, for the owner of the files alone.
   */
  readonly storageKey?: string | Uint8Array;
  /** The trigger of a round. Default: 32 new windows. */
  readonly trigger?: Partial<RoundTrigger>;
  /** Most samples that are stored. Default 1024. */
  readonly capacity?: number;
  /**
   * Makes a training engine. It is called once for training, once more for the first prediction, and each time that a
   * personal model is made or judged. Default: an engine in a thread.
   */
  readonly createTrainer?: () => Trainer;
  /**
   * `auto`: predictions of labels come from a model of this gateway's own while it is better than the shared one on own
   * windows that were kept out. `off`: from the shared model. Default `auto`.
   */
  readonly personal?: 'auto' | 'off';
  /** Chooses which parameters are trained. Default: the rule of the task, in a thread. */
  readonly choosePlan?: PlanChooser;
  /**
   * Limits of this gateway that no task can lower: fewest samples and steps behind an update, smallest batch, most exact
   * encoding, largest model, most updates an hour, and which tasks wait for a person. A setting that is left out has its
   * default.
   */
  readonly policy?: Omit<GatewayPolicyInput, 'largestModel'> & {
    /** Bytes, or a size such as `8m`. */
    readonly largestModel?: number | string;
  };
  /** Ends a join that waits for the broker or the coordinator. */
  readonly signal?: AbortSignal;
  /**
   * The line of text that `coordinator.invite` has made; it needs a folder. Federation, broker and id come from it. Once the
   * gateway is a member, it is not needed any more.
   */
  readonly invitation?: string;
}

/** Options of `joinFederation` with an invitation, or with the folder of a gateway that has joined by one. */
export type InvitedMemberSettings = Omit<MemberSettings, 'federation' | 'broker' | 'id' | 'folder'> &
  Partial<Pick<MemberSettings, 'federation' | 'broker' | 'id'>> & {
    readonly folder: string;
  };

/** Settings of a member that fit. */
export interface CheckedMember {
  readonly given: MemberSettings;
  /** If it joins by an invitation. */
  readonly membership?: GatewayMembership;
  /** Adds to a failure of the connection what the membership knows about the login, if that is the one of the invitation. */
  readonly explain?: (error: FtteError) => FtteError;
}

/**
 * The settings of a member, checked, and its membership if it has one by invitation: federation, id and broker then come
 * from it.
 * @throws FtteError `config-invalid` naming the option; as `GatewayMembership.open`
 */
export async function checkedMember(options: MemberSettings | InvitedMemberSettings): Promise<CheckedMember> {
  const checked = checkInvitedSettings(options);
  const { invitation, folder } = checked;
  if (folder === undefined) {
    if (invitation === undefined) return { given: checkMemberSettings(checked as MemberSettings) };
    throw new FtteError(
      'config-invalid',
      'folder: expected a text: an invitation needs a folder, in which the key of this gateway survives a restart',
      { field: 'folder' },
    );
  }
  const { clock, log } = environmentOf(checked);
  const counted = countedLog(log, clock);
  const membership = await GatewayMembership.open({
    folder,
    invitation,
    federation: checked.federation,
    id: checked.id,
    clock,
    onProblem: (error) => counted.error(messageOf(error), problemCode(error)),
  });
  if (!membership) return { given: checkMemberSettings(checked as MemberSettings) };
  const { federation, id, broker, tls } = membership;
  // The trust is in the broker of the invitation, not in another one.
  const trust = checked.broker === undefined && checked.tls === undefined && tls ? { tls } : {};
  return {
    given: { ...checked, federation, id, broker: checked.broker ?? broker, ...trust },
    membership,
    // Another broker than that of the invitation has a login of its own.
    ...(checked.broker === undefined && { explain: (error) => membership.explain(error) }),
  };
}

/** The memory budget in bytes. @throws FtteError `config-invalid` */
export const budgetBytes = (budget: number | string): number => byteSize('budget', budget, 1024);

/** The policy of a member. @throws FtteError `config-invalid` naming the setting */
export function policyOf({ policy = {}, capacity = defaultCapacity }: MemberSettings): GatewayPolicy {
  const { largestModel: size, ...others } = policy;
  const largestModel = size === undefined ? {} : { largestModel: byteSize('policy.largestModel', size) };
  const checked = gatewayPolicy({ ...others, ...largestModel });
  if (capacity >= checked.fewestSamples) return checked;
  throw new FtteError(
    'config-invalid',
    `capacity: expected at least policy.fewestSamples, ${checked.fewestSamples}, got ${capacity}`,
    { field: 'capacity' },
  );
}
