import type { ArenaBuffer, Schedule } from '../arena/schedule';
import { address, type View } from '../arena/view';

/**
 * Emits softmax and cross-entropy on the logits. While training it leaves the gradient of the mean loss in `gradient`;
 * while evaluating (`run.scale` 0) it turns the logits into probabilities.
 */
export function emitSoftmaxCrossEntropy(
  schedule: Schedule,
  logits: View,
  labels: ArenaBuffer,
  gradient: View | undefined,
): void {
  const target = gradient ?? logits;
  schedule.emit('forward', [logits.buffer, labels, target.buffer], (kernels) => {
    const [from, to, classes] = [address(logits), address(target), logits.size];
    return (run) => {
      run.loss += kernels.softmaxLoss(
        from,
        logits.example,
        run.labelled ? labels.offset : 0,
        to,
        target.example,
        classes,
        run.count,
        run.scale,
      );
    };
  });
}
