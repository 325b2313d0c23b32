/** Models that come from and go to Keras and TensorFlow.js: the LayersModel format, read and written without either. */
export { type ModelMetadata, metadataOf } from './format/metadata';
export * from './model-files';
export * from './parameters-file';
export * from './read/open-layers-model';
export * from './read/read-layers-model';
export { parametersFor, taskOfModel, taskWithModel } from './task-model';
export * from './write/write-layers-model';
