import { z } from 'zod';
import { type LayerSchemas, type LayerType, layerFields, layerKinds, nameField } from './layer-kinds';

const fields = layerFields(z);
const name = nameField(z);

/** The schemas of all kinds. */
const schemas = Object.entries(layerKinds).map(([type, kind]) =>
  z.strictObject({ type: z.literal(type), name, ...kind.settings(z, fields) }),
);

/** The schema of one layer as it is written in a task. */
export const layerSchema = z.discriminatedUnion(
  'type',
  // Each entry of the table has the schema that its key and its settings make.
  schemas as unknown as [LayerSchemas[LayerType], ...LayerSchemas[LayerType][]],
);
