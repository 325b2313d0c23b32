import type { ArenaBuffer, Schedule } from '../arena/schedule';
import { address, type View } from '../arena/view';

/**
 * Emits a loss on logits: softmax over all of them, or a sigmoid of each, and cross-entropy with the labels. While
 * training it leaves the gradient of the mean loss in `gradient`; while evaluating (`run.scale` 0) it turns the logits
 * into probabilities.
 */
export function emitLabelLoss(
  schedule: Schedule,
  kernel: 'softmaxLoss' | 'sigmoidLoss',
  logits: View,
  labels: ArenaBuffer,
  gradient: View,
): void {
  schedule.emit('forward', [logits.buffer, labels, gradient.buffer], (kernels) => {
    const [from, to, outputs] = [address(logits), address(gradient), logits.size];
    return (run) => {
      run.loss += kernels[kernel](
        from,
        logits.example,
        run.labelled ? labels.offset : 0,
        to,
        gradient.example,
        outputs,
        run.count,
        run.scale,
      );
    };
  });
}
