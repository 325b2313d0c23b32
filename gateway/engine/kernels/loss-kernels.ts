/**
 * The losses: each takes rows of outputs, and with `scale` above 0 leaves the gradient of `scale` times the sum of the
 * examples' losses in `gradient`, which may be the outputs themselves.
 */
export interface LossKernels {
  /**
   * Softmax and cross-entropy over rows of `classes` logits. With `scale` 0 the logits become probabilities; otherwise
   * `gradient` takes `(p - onehot(label)) * scale`. `labels` (int32, or 0).
   * @returns the sum of the examples' losses; 0 without labels
   */
  softmaxLoss(
    logits: number,
    example: number,
    labels: number,
    gradient: number,
    gradientExample: number,
    classes: number,
    batch: number,
    scale: number,
  ): number;
  /**
   * Sigmoid and cross-entropy over rows of `outputs` logits, the mean over an example's outputs. A single output answers
   * whether the label is 1, others each whether it is theirs. With `scale` 0 the logits become probabilities; otherwise
   * `gradient` takes `(p - t) * scale / outputs`. `labels` (int32, or 0).
   * @returns the sum of the examples' losses; 0 without labels
   */
  sigmoidLoss(
    logits: number,
    example: number,
    labels: number,
    gradient: number,
    gradientExample: number,
    outputs: number,
    batch: number,
    scale: number,
  ): number;
  /**
   * Errors e = value - target, the mean over an example's `size` values: of e^2 with `delta` 0, else Huber's: e^2 / 2 up
   * to an error of `delta` and delta (|e| - delta / 2) beyond. With `scale` 0 nothing is written.
   * @returns the sum of the examples' losses
   */
  valueLoss(
    values: number,
    example: number,
    target: number,
    targetExample: number,
    gradient: number,
    gradientExample: number,
    size: number,
    batch: number,
    scale: number,
    delta: number,
  ): number;
}
