import type { Session } from '../session';
import type { ModelFollower } from './model/model-follower';
import type { CurrentPlan } from './rounds/current-plan';

export interface HelloSenderOptions {
  readonly session: Session;
  readonly follower: ModelFollower;
  readonly plan: CurrentPlan;
  /** Names this run of the participant. */
  readonly instance: string;
  readonly software?: string;
  readonly onProblem: (error: unknown) => void;
}

/** Says hello to the coordinator: at each connection, and again where what it says has changed. */
export class HelloSender {
  private online = false;

  constructor(private readonly options: HelloSenderOptions) {}

  setOnline(online: boolean): void {
    this.online = online;
    // A broker that was restarted may have lost what it retained.
    this.announceIfOnline();
  }

  /** Says it again; offline the next connection does. */
  announceIfOnline(): void {
    if (this.online) this.announce().catch(this.options.onProblem);
  }

  /** @throws FtteError as `Session.send` */
  async announce(): Promise<void> {
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
