import type { LayerSpec, Shape } from '../model';

const relu: LayerSpec = { type: 'relu' };
const kernel = 7;
/** Rows that the narrowest convolution leaves, at least, where the window has as many. */
const fewestRows = 4;
const mostHalvings = 3;
/** A window has at least so many times the numbers of its code. */
const narrowing = 4;

/**
 * Convolutions that halve the length, a dense layer of `code` numbers, and the way back to `[length, channels]`. The
 * code is what makes it find anything: an encoder of convolutions alone keeps as many numbers as the window has and
 * gives everything back, the unusual too. Any length will do; what doubling gives too much the last convolution takes off.
 * @param wide channels of the convolutions
 * @param code numbers for each channel of the window
 */
export function autoencoder(input: Shape, wide: number, code: number): LayerSpec[] {
  const [length = 1, channels = 1] = input;
  const narrow = wide / 2;
  const fitting = Math.floor(Math.log2(length / fewestRows));
  const halvings = Math.min(mostHalvings, Math.max(1, fitting));
  const layers: LayerSpec[] = [];
  let rows = length;
  for (let i = 1; i <= halvings; i++) {
    const filters = i === halvings ? narrow : wide;
    layers.push({ type: 'conv1d', filters, kernel, stride: 2, padding: 'same' }, relu);
    rows = Math.ceil(rows / 2);
  }
  layers.push(
    { type: 'flatten' },
    {
      type: 'dense',
      units: Math.max(1, Math.min(code * channels, Math.floor((length * channels) / narrowing))),
    },
    { type: 'dense', units: rows * narrow },
    relu,
    { type: 'reshape', shape: [rows, narrow] },
  );
  for (let i = 1; i < halvings; i++) {
    layers.push(
      { type: 'upsampling1d', size: 2 },
      { type: 'conv1d', filters: wide, kernel, padding: 'same' },
      relu,
    );
  }
  const surplus = rows * 2 ** halvings - length;
  const last: LayerSpec =
    surplus > 0
      ? { type: 'conv1d', filters: channels, kernel: surplus + 1, padding: 'valid' }
      : { type: 'conv1d', filters: channels, kernel, padding: 'same' };
  return [...layers, { type: 'upsampling1d', size: 2 }, last];
}
