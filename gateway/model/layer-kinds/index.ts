/**
 * The kinds of layers a model is made of, each taking the output of the one before. Data is channels-last. Names of kinds
 * and weights follow Keras, so that models can be exchanged. A kind that is added here is missing in every other table
 * over kinds until it has an entry there: the build fails.
 */
import type { z } from 'zod';
import { flatten, reshape, upsampling1d, zeropadding1d } from './arrangement';
import { conv1d, conv2d, depthwiseconv1d, depthwiseconv2d } from './convolutions';
import { dense } from './dense';
import { dropout, elu, leakyrelu, relu, relu6, sigmoid, tanh } from './elementwise';
import { features } from './features';
import { add, branch, concat } from './joins';
import type { LayerKind, SchemaOf } from './layer-kind';
import { batchnorm, groupnorm, layernorm } from './normalisation';
import {
  averagepool1d,
  averagepool2d,
  globalaveragepool1d,
  globalaveragepool2d,
  globalmaxpool1d,
  globalmaxpool2d,
  maxpool1d,
  maxpool2d,
} from './pooling';
import { gru, lstm } from './recurrent';

export {
  type FeaturePlan,
  type FeatureSettings,
  featureTable,
  featureWorkspace,
  planFeatures,
  quantilePercents,
  type StatisticName,
  statisticNames,
} from './features';
export { layerFields, nameField } from './fields';
export type { LayerKind, ParameterRole, SchemaOf, TensorPart } from './layer-kind';
export { type BothWays, bothWays, type Shape, sizeOf } from './shape';

/** Every kind of layer, by its name in a task. */
export const layerKinds = {
  dense,
  conv1d,
  conv2d,
  depthwiseconv1d,
  depthwiseconv2d,
  gru,
  lstm,
  batchnorm,
  layernorm,
  groupnorm,
  relu,
  relu6,
  leakyrelu,
  elu,
  tanh,
  sigmoid,
  dropout,
  add,
  concat,
  branch,
  features,
  maxpool1d,
  averagepool1d,
  maxpool2d,
  averagepool2d,
  globalaveragepool1d,
  globalaveragepool2d,
  globalmaxpool1d,
  globalmaxpool2d,
  upsampling1d,
  zeropadding1d,
  flatten,
  reshape,
} as const;

/** The name of a kind of layer. */
export type LayerType = keyof typeof layerKinds;

/** The schema of each kind of layer. */
export type LayerSchemas = {
  readonly [Type in LayerType]: (typeof layerKinds)[Type] extends LayerKind<infer Settings>
    ? SchemaOf<Type, Settings>
    : never;
};

/** One layer as it is written in a task. */
export type LayerSpec = { [Type in LayerType]: z.output<LayerSchemas[Type]> }[LayerType];

/** The specification of one kind of layer. */
export type LayerOf<Type extends LayerType> = Extract<LayerSpec, { type: Type }>;

/** The kind of a layer. The table ties each name to its own settings, which an index by a union loses. */
export function layerKind(spec: LayerSpec): LayerKind {
  return layerKinds[spec.type] as LayerKind;
}
