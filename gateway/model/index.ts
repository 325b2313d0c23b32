/**
 * A model as plain data: layers, shapes, parameters, and the plans that choose among the parameters. This face loads no
 * schema library, which saves each thread of the engine 6 MB and 50 ms; the schema of layers is in `model/layers`.
 */
export * from './importance-scores';
export * from './initialisation';
export {
  type BothWays,
  bothWays,
  type FeaturePlan,
  type FeatureSettings,
  featureTable,
  featureWorkspace,
  type LayerKind,
  type LayerOf,
  type LayerSpec,
  type LayerType,
  layerKind,
  layerKinds,
  type ParameterRole,
  planFeatures,
  quantilePercents,
  type Shape,
  type StatisticName,
  sizeOf,
  statisticNames,
  type TensorPart,
} from './layer-kinds';
export * from './layer-shapes';
export * from './model-spec';
export * from './parameters';
export * from './plan';
export * from './running-average';
export * from './segments';
