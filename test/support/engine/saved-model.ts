/** Writes models as Keras saves them, from as little as a test needs to say. */

export interface SavedLayerSpec {
  readonly class_name: string;
  readonly config?: Record<string, unknown>;
  /** Shapes of its weights by the end of their names; they are filled with small numbers. */
  readonly weights?: Record<string, readonly number[]>;
}

export interface SavedModelFiles {
  readonly modelJson: string;
  readonly shards: ReadonlyMap<string, Uint8Array>;
}

/** A Sequential of these layers over an input without the batch. */
export function savedChain(
  input: readonly (number | null)[],
  layers: readonly SavedLayerSpec[],
  changes: (model: Record<string, unknown>) => void = () => undefined,
): SavedModelFiles {
  const inputLayer = {
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, ...input], name: 'in' },
  };
  const named = layers.map(({ class_name, config, weights }, i) => {
    const name = String(config?.['name'] ?? `layer_${i}`);
    return { class_name, config: { name, ...config }, weights: weights ?? {} };
  });
  const entries = named.flatMap(({ config, weights }) =>
    Object.entries(weights).map(([end, shape]) => ({
      name: `${config.name}/${end}`,
      shape,
      dtype: 'float32',
    })),
  );
  const count = entries.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const model = {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'saved',
        layers: [inputLayer, ...named.map(({ class_name, config }) => ({ class_name, config }))],
      },
    },
    weightsManifest: [{ paths: ['w.bin'], weights: entries }],
  };
  changes(model);
  const values = Float32Array.from({ length: count }, (_, i) => 0.01 * (i % 17) - 0.05);
  return { modelJson: JSON.stringify(model), shards: new Map([['w.bin', new Uint8Array(values.buffer)]]) };
}
