// The kernels of the engine in WebAssembly SIMD; what each does is said in ../kernels/kernels.ts. No memory of their
// own, no allocation, no state: everything is in the arena that is imported.
export {
  addRows,
  copyRows,
  dropout,
  foldNorm,
  normGamma,
  relu6,
  scaleRows,
  sigmoid,
  sigmoidBack,
  tanh,
  tanhBack,
} from './activations';
export { affine, affineBias, affineInput, affinePanel, affineWeights } from './affine';
export { convolve, convolveWeights, flipPanel } from './convolve';
export { depthwise, depthwiseWeights } from './depthwise';
export { windowFeatures } from './statistics/features';
export { groupNorm, groupNormBack } from './normalisation/group-norm';
export { layerNorm, layerNormBack } from './normalisation/layer-norm';
export { sigmoidLoss, softmaxLoss, valueLoss } from './loss';
export { adam, decay, sgd } from './optimisers';
export {
  averagePool,
  averagePoolBack,
  maxPool,
  maxPoolBack,
  relu,
  reluBack,
  takeChannels,
  zero,
  zeroHalo,
} from './pointwise';
export {
  averagePool2d,
  averagePool2dBack,
  maxPool2d,
  maxPool2dBack,
  upsample,
  upsampleBack,
} from './pooling';
export { elu, eluBack, leakyRelu, leakyReluBack } from './rectifiers';
export { addTransposed, gruStep, gruStepBack, lstmStep, lstmStepBack } from './recurrent';
export { expand, expandRows, expandTransposed } from './rounded';
export { sketch } from './sketch';
export { largest, means, windowsBack } from './windows';
export { winograd, winogradInput, winogradWeights } from './winograd';
