import type { SessionFace } from '../session';
import type { ModelFollower } from './model/model-follower';
import type { CurrentPlan } from './rounds/current-plan';

export interface IntroductionOptions {
  readonly session: SessionFace;
  readonly follower: ModelFollower;
  readonly plan: CurrentPlan;
  /** Names this run of the participant. */
  readonly instance: string;
  readonly software?: string;
  readonly onProblem: (error: unknown) => void;
}

/** Says hello to the coordinator: at each connection, and again where what it says has changed. */
export class Introduction {
  private online = false;

  constructor(private readonly options: IntroductionOptions) {}

  setOnline(online: boolean): void {
    this.online = online;
    // A broker that was restarted may have lost what it retained.
    this.renew();
  }

  /** Says it again; offline the next connection does. */
  renew(): void {
    if (this.online) this.say().catch(this.options.onProblem);
  }

  /** @throws FtteError as `SessionFace.send` */
  async say(): Promise<void> {
    const { session, follower, plan, instance, software } = this.options;
    await session.send({
      type: 'hello',
      budgetBytes: plan.budgetBytes,
      instance,
      software: software ?? '',
      modelKey: follower.modelKey,
    });
  }
}
