/* The model: a preset in a size, or layers as JSON. */
import { nameTyped } from '../dialogs/rows.mjs';
import { element } from './row-elements.mjs';

/** The mistake in the JSON of the layers, or an empty text. */
let problem = '';

export const layersProblem = () => problem;

export function fillModel(task) {
  const model = task.model || { preset: 'cnn1d', size: 'S' };
  element('model').val(model.layers ? 'layers' : model.preset);
  element('size').val(model.size || 'S');
  const example = [
    { type: 'conv1d', filters: 16, kernel: 5 },
    { type: 'relu' },
    { type: 'globalaveragepool1d' },
    { type: 'dense', units: (task.labels || []).length || 2 },
  ];
  element('layers').typedInput({ types: ['json'], default: 'json' });
  nameTyped(element('layers'));
  element('layers').typedInput('value', JSON.stringify(model.layers || example));
}

/** The model of the fields. Layers that are not JSON stay text. */
export function readModel() {
  problem = '';
  const kind = element('model').val();
  if (kind !== 'layers') return { preset: kind, size: element('size').val() };
  const json = element('layers').typedInput('value');
  try {
    return { layers: JSON.parse(json) };
  } catch (error) {
    problem = error.message;
    return { layers: json };
  }
}

export function takeLayers(layers) {
  element('model').val('layers');
  element('layers').typedInput('value', JSON.stringify(layers));
}
