import type { Detection } from '../../metrics';

/** Quality on the held-out windows: accuracies for a classification, errors for the other kinds of task. */
export interface Quality {
  /** Mean of the recalls of the labels that occur. */
  readonly balancedAccuracy?: number;
  /** Balanced accuracy of guessing: one over the number of labels that occur. */
  readonly chance?: number;
  /** Half width of the 95 % interval of the balanced accuracy. */
  readonly balancedAccuracyNoise?: number;
  /** Mean of the F1 scores of the labels that occur. */
  readonly macroF1?: number;
  /** Area under the ROC curve; with more than two labels the mean of each against the others. Absent above 64 labels. */
  readonly auc?: number;
  readonly accuracy?: number;
  readonly windows: number;
  readonly loss: number;
  /** Share of the windows of a label that were recognised, by label; labels without a window are absent. */
  readonly recalls?: Readonly<Record<string, number>>;
  /** Lower and upper end of the 95 % interval (Wilson) of each recall. */
  readonly recallIntervals?: Readonly<Record<string, readonly [low: number, high: number]>>;
  /** The label that every window got, if several occur; absent otherwise. */
  readonly onlyPrediction?: string;
  /** Windows by label and prediction, `[label, predicted]`, in the order of the task; absent above 64 labels. */
  readonly confusion?: readonly (readonly number[])[];
  /** Means over all outputs of the model, in normalised units: 1 is one spread of the channel. */
  readonly meanAbsoluteError?: number;
  readonly meanSquaredError?: number;
  /**
   * Of a forecast: 1 - squared error / that of saying the newest reading goes on. 1 is perfect, below 0 is worse than that.
   * Absent if the windows do not change at all.
   */
  readonly skill?: number;
  /** Of anomalies: found at the task's false-alarm rate, if some held-out windows are known to be unusual. */
  readonly detection?: Detection;
  /** People whose windows these are, as far as windows name them; absent for fewer than two. */
  readonly people?: number;
  /**
   * Mean over the worst tenth of these people, one at least: of their balanced accuracies, or of their mean absolute
   * errors.
   */
  readonly worstTenth?: number;
}

/** Quality on windows that gateways hold out: the newest measurement of each, weighted by its windows. */
export interface FederatedQuality
  extends Pick<Quality, 'windows' | 'loss' | 'accuracy' | 'balancedAccuracy' | 'chance' | 'recalls'> {
  /** Gateways that have measured a recent version. */
  readonly gateways: number;
  /** The oldest and the newest version that they have measured. */
  readonly from: number;
  readonly to: number;
  /** The balanced accuracy with 95 % confidence, from and to. */
  readonly interval?: readonly [number, number];
  /** Mean of the balanced accuracies of the worst tenth of the gateways, one at least; absent for fewer than two. */
  readonly worstTenth?: number;
}

/**
 * Whether a quality distinguishes one model from another. On windows of one label alone, a model that gives it to everything is
 * perfect.
 */
export const distinguishesModels = ({ chance }: Pick<Quality, 'chance'>): boolean => chance !== 1;

/** The best version judged so far, and the figure that made it the best. Windows of one label alone judge none. */
export interface BestVersion {
  readonly version: number;
  readonly balancedAccuracy?: number | undefined;
  readonly meanSquaredError?: number | undefined;
  /** Whether it was the best as gateways have measured it, because no held-out windows are wired to the coordinator. */
  readonly federated?: boolean | undefined;
}
