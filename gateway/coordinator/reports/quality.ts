/** Quality on the held-out windows: accuracies for a classification, errors for the other kinds of task. */
export interface Quality {
  readonly windows: number;
  readonly loss: number;
  readonly accuracy?: number;
  /** Mean of the recalls of the labels that occur. */
  readonly balancedAccuracy?: number;
  /** Share of the windows of a label that were recognised, by label; labels without a window are absent. */
  readonly recalls?: Readonly<Record<string, number>>;
  /** Windows by label and prediction, `[label, predicted]`, in the order of the task; absent above 64 labels. */
  readonly confusion?: readonly (readonly number[])[];
  /** Means over all outputs of the model, in normalised units: 1 is one spread of the channel. */
  readonly meanAbsoluteError?: number;
  readonly meanSquaredError?: number;
}

/** The best version judged so far, and the figure that made it the best. */
export type BestVersion = { readonly version: number } & Pick<
  Quality,
  'balancedAccuracy' | 'meanSquaredError'
>;
