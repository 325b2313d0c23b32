/** Every kind of layer the engine compiles; one module each. */
import type { LayerOf, LayerSpec, LayerType } from '../../model';
import type { LayerModule } from './common/layer';
import { conv1d } from './convolution/conv1d';
import { conv2d } from './convolution/conv2d';
import { depthwiseconv1d } from './convolution/depthwiseconv1d';
import { depthwiseconv2d } from './convolution/depthwiseconv2d';
import { dense } from './dense';
import { dropout } from './elementwise/dropout';
import { elu } from './elementwise/elu';
import { leakyrelu } from './elementwise/leakyrelu';
import { relu } from './elementwise/relu';
import { relu6 } from './elementwise/relu6';
import { sigmoid, tanh } from './elementwise/saturating';
import { features } from './features';
import { flatten } from './flatten';
import { add } from './joins/add';
import { branch } from './joins/branch';
import { concat } from './joins/concat';
import { batchnorm } from './normalisation/batchnorm';
import { groupnorm } from './normalisation/groupnorm';
import { layernorm } from './normalisation/layernorm';
import { globalaveragepool1d, globalaveragepool2d } from './pooling/globalaverage';
import {
  averagepool1d,
  averagepool2d,
  globalmaxpool1d,
  globalmaxpool2d,
  maxpool1d,
  maxpool2d,
} from './pooling/windows';
import { gru } from './recurrent/gru';
import { lstm } from './recurrent/lstm';
import { reshape } from './reshape';
import { upsampling1d } from './upsampling1d';
import { zeropadding1d } from './zeropadding1d';

export type { EmitBackward, LayerContext, LayerModule } from './common/layer';

const modules: { readonly [Type in LayerType]: LayerModule<LayerOf<Type>> } = {
  add,
  averagepool1d,
  averagepool2d,
  batchnorm,
  branch,
  concat,
  conv1d,
  conv2d,
  dense,
  depthwiseconv1d,
  depthwiseconv2d,
  dropout,
  elu,
  features,
  flatten,
  globalaveragepool1d,
  globalaveragepool2d,
  globalmaxpool1d,
  globalmaxpool2d,
  groupnorm,
  gru,
  layernorm,
  leakyrelu,
  lstm,
  maxpool1d,
  maxpool2d,
  relu,
  relu6,
  sigmoid,
  tanh,
  upsampling1d,
  reshape,
  zeropadding1d,
};

/** The module of a layer. The table's type ties each key to its own spec, which an index by a union loses. */
export function layerModule(spec: LayerSpec): LayerModule<LayerSpec> {
  return modules[spec.type] as LayerModule<LayerSpec>;
}
