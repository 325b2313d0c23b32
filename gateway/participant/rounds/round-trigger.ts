/** The trigger of a round, besides `trainNow`. */
export interface RoundTrigger {
  /** Number of new windows since the last round; 0 turns it off. */
  readonly newWindows: number;
  /** Time since the last round, ms; 0 turns it off. */
  readonly intervalMs: number;
}

/** The outcome of `Participant.trainNow`; `asked` if rounds are granted and the coordinator was asked for one. */
export type TrainNowResult =
  | 'started'
  | 'asked'
  | 'busy'
  | 'too-few-samples'
  | 'not-ready'
  | 'policy-limit'
  | 'privacy-spent'
  | 'paused';
