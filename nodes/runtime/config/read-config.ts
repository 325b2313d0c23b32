import type { z } from 'zod';
import { FtteError } from '../../../gateway/platform';

/**
 * Checks a node's config and types it. Fields that the schema does not name are left out.
 * @param config in the current version, as `migrateConfig` returns it
 * @throws FtteError `config-invalid` naming the first wrong field, what was expected and what came
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  config: object,
): z.infer<z.ZodObject<Shape>> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = issue?.path.join('.') ?? '';
  throw new FtteError(
    'config-invalid',
    `${name || 'config'}: ${issue?.message ?? 'is wrong'}`,
    { field: name },
    { cause: result.error },
  );
}
