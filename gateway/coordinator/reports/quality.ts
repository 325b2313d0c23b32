/** Quality on the held-out windows: accuracies for a classification, errors for the other kinds of task. */
export interface Quality {
  readonly windows: number;
  readonly loss: number;
  readonly accuracy?: number;
  /** Mean of the recalls of the labels that occur. */
  readonly balancedAccuracy?: number;
  /** Means over all outputs of the model, in normalised units: 1 is one spread of the channel. */
  readonly meanAbsoluteError?: number;
  readonly meanSquaredError?: number;
}

/** The best version judged so far, and the figure that made it the best. */
export type BestVersion = { readonly version: number } & Pick<
  Quality,
  'balancedAccuracy' | 'meanSquaredError'
>;
