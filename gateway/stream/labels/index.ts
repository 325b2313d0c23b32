/** Labels that a person gives to readings while they pass. */
export {
  type GivenLabel,
  type LabelAction,
  type LabelFields,
  labelActions,
  readLabelAction,
} from './label-action';
export * from './labeller';
