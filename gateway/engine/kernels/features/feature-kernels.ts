/** Statistics of windows; docs/features.md has the formulas. */
export interface FeatureKernels {
  /**
   * Features of each window `x` `[length, channels]`, in the order of `planFeatures`.
   * @param work scratch of `featureWorkspace` values
   * @param table int32 numbers of `featureTable`
   */
  windowFeatures(
    x: number,
    xExample: number,
    y: number,
    yExample: number,
    work: number,
    table: number,
    batch: number,
  ): void;
}

/** Added to a variance, or to a product of two deviations, that something is divided by: noise at rest counts little. */
export const varianceFloor = 1e-4;
