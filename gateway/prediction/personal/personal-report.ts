/** Accuracy of a model on windows of one gateway, 0 to 1. */
export interface OwnAccuracy {
  /** Share of the windows whose label was right. */
  readonly accuracy: number;
  /** Mean over the labels of the share of their windows that were right. */
  readonly balancedAccuracy: number;
}

/** Both models on the same windows, which neither was trained on at this gateway. */
export interface PersonalComparison {
  /** Windows that judged. */
  readonly windows: number;
  readonly shared: OwnAccuracy;
  readonly personal: OwnAccuracy;
  /** Recall that the personal model gains in the mean over the labels; labels of few windows weigh less. */
  readonly gain: number;
  /** Standard deviation of the gain if both models were equally good. */
  readonly noise: number;
}

/** The model that answers at a gateway, and why. */
export interface PersonalReport {
  readonly model: 'shared' | 'personal';
  /** Why this model answers, in a sentence without a full stop. */
  readonly reason: string;
  /** The version of the shared model that was compared last. Absent: none was. */
  readonly version?: number;
  /** Weight of the adapted parameters, above 0 and at most 1; the shared ones have the rest. Absent: none was adapted. */
  readonly mixture?: number;
  /** Own windows that the adapted model was trained on. */
  readonly adaptedOn?: number;
  /** Share of the parameters that were trained, 0 to 1. */
  readonly trainedShare?: number;
  /** Accuracy of both models on the windows that were kept out. */
  readonly keptOut?: PersonalComparison;
}
