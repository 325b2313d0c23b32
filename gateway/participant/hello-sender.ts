import type { Session } from '../session';
import type { ModelFollower } from './model/model-follower';
import type { CurrentPlan } from './rounds/current-plan';

export interface HelloSenderOptions {
  readonly session: Session;
  readonly follower: ModelFollower;
  readonly plan: CurrentPlan;
  /** The name of this run of the participant. */
  readonly instance: string;
  readonly software?: string;
  readonly onProblem: (error: unknown) => void;
}

/** Sends a hello to the coordinator: at each connection, and again when its content has changed. */
export class HelloSender {
  private online = false;

  constructor(private readonly options: HelloSenderOptions) {}

  setOnline(online: boolean): void {
    this.online = online;
    // A broker that was restarted may have lost its retained messages.
    this.announceIfOnline();
  }

  /** Sends the hello again. While offline, the next connection sends it. */
  announceIfOnline(): void {
    if (this.online) this.announce().catch(this.options.onProblem);
  }

  /** @throws FtteError as `Session.send` does */
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
