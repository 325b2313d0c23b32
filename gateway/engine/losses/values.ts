import type { Schedule } from '../arena/schedule';
import { address, type View } from '../arena/view';

/** Error at which Huber's loss turns from a square to a line, in the units of the outputs. */
const huberDelta = 1;

/**
 * Emits the mean squared error, or Huber's loss, of the outputs. While training it leaves the gradient of the mean loss
 * in `gradient`, which may be the outputs themselves; while evaluating it leaves the outputs as they are.
 */
export function emitValueLoss(
  schedule: Schedule,
  loss: 'mean-squared-error' | 'huber',
  outputs: View,
  target: View,
  gradient: View,
): void {
  const delta = loss === 'huber' ? huberDelta : 0;
  schedule.emit('forward', [outputs.buffer, target.buffer, gradient.buffer], (kernels) => {
    const [from, wanted, to] = [address(outputs), address(target), address(gradient)];
    return (run) => {
      if (!run.labelled) return;
      run.loss += kernels.valueLoss(
        from,
        outputs.example,
        wanted,
        target.example,
        to,
        gradient.example,
        outputs.size,
        run.count,
        run.scale,
        delta,
      );
    };
  });
}
