import { z } from 'zod';
import { checkSchema, FtteError } from '../platform';
import { requireName } from '../session';

const callable = z.custom<unknown>((value) => typeof value === 'function', 'expected a function');
const object = z.custom<unknown>(
  (value) => typeof value === 'object' && value !== null,
  'expected an object',
);
const text = z.string().min(1);
const milliseconds = z.number().min(0);

/** Options of every connection. The broker and sizes are checked by the code that uses them. */
const connection = {
  federation: text,
  id: text.optional(),
  broker: z.unknown().optional(),
  tls: object.optional(),
  largestMessage: z.unknown().optional(),
  clock: object.optional(),
  random: object.optional(),
  log: object.optional(),
  decode: callable.optional(),
  createTrainer: callable.optional(),
  folder: text.optional(),
};

const memberSchema = z.strictObject({
  ...connection,
  id: text,
  budget: z.unknown().optional(),
  keepSamples: z.boolean().optional(),
  trigger: z
    .strictObject({ newWindows: z.number().int().min(0).optional(), intervalMs: milliseconds.optional() })
    .optional(),
  capacity: z.number().int().min(1).optional(),
  choosePlan: callable.optional(),
  policy: z.unknown().optional(),
  signal: object.optional(),
});

const coordinatorSchema = z.strictObject({
  ...connection,
  task: z.unknown().optional(),
  initial: z.instanceof(Float32Array).optional(),
  leaseWaitMs: milliseconds.optional(),
  heldOutBytes: z.number().int().min(1).optional(),
  maxGateways: z.number().int().min(1).optional(),
});

/**
 * Checks the options of a member. @throws FtteError `config-invalid` naming the option, what came and what was expected
 */
export const checkMemberSettings = (settings: unknown): void => check(memberSchema, settings);

/** Checks the options of a coordinator. @throws FtteError as `checkMemberSettings` does */
export const checkCoordinatorSettings = (settings: unknown): void => check(coordinatorSchema, settings);

function check(schema: typeof memberSchema | typeof coordinatorSchema, settings: unknown): void {
  const { data, issue } = checkSchema(schema, settings);
  if (issue) {
    const field = issue.field || 'options';
    throw new FtteError('config-invalid', `${field}: ${issue.text}`, { field }, { cause: issue.cause });
  }
  const { federation, id } = data;
  requireName('federation', federation);
  if (id !== undefined) requireName('id', id);
}
