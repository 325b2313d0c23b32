import { A, B, C, D, type KernelCase } from './layers/kernel-case';

const valueCases = [0.25, 0].flatMap((scale): KernelCase[] => {
  const doing = scale ? 'with its gradient' : 'while evaluating';
  return [
    {
      title: `sigmoidLoss of several ${doing}`,
      call: (k) => k.sigmoidLoss(A, 7, D, B, 9, 6, 4, scale),
      ints: [{ at: D, values: [5, 0, 2, 2] }],
    },
    {
      title: `sigmoidLoss of one ${doing}`,
      call: (k) => k.sigmoidLoss(A, 3, D, B, 2, 1, 4, scale),
      ints: [{ at: D, values: [0, 1, 1, 0] }],
    },
    { title: `mean squared error ${doing}`, call: (k) => k.valueLoss(A, 7, C, 6, B, 9, 5, 4, scale, 0) },
    { title: `Huber's loss ${doing}`, call: (k) => k.valueLoss(A, 7, C, 6, B, 9, 5, 4, scale, 1) },
  ];
});

/** Calls of the kernels of losses, on classes, sigmoids and values. */
export const lossKernelCases: readonly KernelCase[] = [
  ...valueCases,
  { title: 'sigmoidLoss without labels', call: (k) => k.sigmoidLoss(A, 7, 0, A, 7, 6, 4, 0) },
  ...[0.25, 0].map(
    (scale): KernelCase => ({
      title: scale ? 'softmaxLoss with its gradient' : 'softmaxLoss with probabilities',
      call: (k) => k.softmaxLoss(A, 7, D, B, 9, 6, 4, scale),
      ints: [{ at: D, values: [5, 0, 2, 2] }],
    }),
  ),
  { title: 'softmaxLoss without labels', call: (k) => k.softmaxLoss(A, 7, 0, A, 7, 6, 4, 0) },
];
