/** When a round starts, besides `trainNow`. */
export interface RoundTrigger {
  /** After this many new windows since the last round; 0 turns it off. */
  readonly newWindows: number;
  /** This long after the last round; 0 turns it off. */
  readonly intervalMs: number;
}

/** What `Participant.trainNow` did: `asked` if rounds are granted and the coordinator was asked for one. */
export type TrainNowResult = 'started' | 'asked' | 'busy' | 'too-few-samples' | 'not-ready' | 'paused';
