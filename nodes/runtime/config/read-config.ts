import type { z } from 'zod';
import { checkSchema, FtteError } from '../../../gateway/platform';

/**
 * Checks a node's config and types it. Fields that the schema does not name are left out.
 * @param config in the current version, as `migrateConfig` returns it
 * @throws FtteError `config-invalid` naming the first wrong field, what was expected and what came
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  config: object,
): z.infer<z.ZodObject<Shape>> {
  const { data, issue } = checkSchema(schema, config);
  if (!issue) return data;
  const { field, text, cause } = issue;
  throw new FtteError('config-invalid', `${field || 'config'}: ${text}`, { field }, { cause });
}
