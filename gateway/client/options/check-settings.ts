import { z } from 'zod';
import { fewestHelpers } from '../../masking';
import { checkSchema, FtteError, isName, messageOf } from '../../platform';
import { requireName } from '../../session';

const callable = z.custom<unknown>((value) => typeof value === 'function', 'expected a function');
const object = z.custom<unknown>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);
const text = z.string().min(1);
const path = z.custom<string>(
  (value) => typeof value === 'string' && /\S/.test(value) && !value.includes('\0'),
  'expected a text',
);
/** The length is checked by the code that uses it. */
const key = z.union([text, z.instanceof(Uint8Array)]);
/** The longest wait of a timer is 24 days. */
const milliseconds = z
  .number()
  .min(0)
  .max(2 ** 31 - 1);

/** An object of the caller, which is used later, when an error would name no option. */
const objectWith = (kind: string, ...methods: readonly string[]) =>
  z.custom<unknown>(
    (value) => hasMethods(value, methods),
    `expected ${kind} with the methods ${methods.join(', ')}`,
  );

/** Different gateways, as many as masked sums need. */
const names = z
  .array(z.custom<string>(isName, 'expected the id of a gateway'))
  .refine(
    (ids) => new Set(ids).size >= fewestHelpers,
    `expected at least ${fewestHelpers} different gateways`,
  );

/** Options of every connection. The broker and sizes are checked by the code that uses them. */
const connection = {
  federation: text,
  id: text.optional(),
  broker: z.unknown().optional(),
  tls: object.optional(),
  largestMessage: z.unknown().optional(),
  clock: objectWith('a clock', 'now', 'after').optional(),
  random: objectWith('a generator', 'uniform', 'integer', 'normal', 'hex').optional(),
  log: objectWith('a log', 'info', 'warn', 'error').optional(),
  decode: callable.optional(),
  createTrainer: callable.optional(),
  folder: path.optional(),
};

const memberSchema = z.strictObject({
  ...connection,
  id: text,
  budget: z.unknown().optional(),
  keepSamples: z.boolean().optional(),
  storageKey: key.optional(),
  trigger: z
    .strictObject({ newWindows: z.number().int().min(0).optional(), intervalMs: milliseconds.optional() })
    .optional(),
  capacity: z.number().int().min(1).optional(),
  choosePlan: callable.optional(),
  personal: z.enum(['auto', 'off']).optional(),
  policy: object.optional(),
  invitation: text.optional(),
  signal: objectWith('an AbortSignal', 'addEventListener', 'removeEventListener').optional(),
});

/** The federation and the id come from the invitation, or from the folder of a gateway that has joined. */
const invitedSchema = memberSchema.extend({ federation: text.optional(), id: text.optional() });

const coordinatorSchema = z.strictObject({
  ...connection,
  membership: z.enum(['open', 'invited']).optional(),
  task: z.unknown().optional(),
  partOf: object.optional(),
  initial: z.instanceof(Float32Array).optional(),
  storage: z.unknown().optional(),
  leaseWaitMs: milliseconds.optional(),
  heldOutBytes: z.number().int().min(1).optional(),
  maxGateways: z.number().int().min(1).optional(),
  helpers: names.optional(),
});

const partOfSchema = z.strictObject({
  ...connection,
  federation: text.optional(),
  invitation: text.optional(),
  everyVersions: z.number().int().min(1).max(1_000_000).optional(),
  everyMs: milliseconds.min(1).optional(),
});

/** Checks what a region says of the federation above. @throws FtteError as `checkMemberSettings` does */
export const checkPartOf = <Settings>(settings: Settings): Settings => check(partOfSchema, settings);

/**
 * Checks the options of a member. Each is read once: the result is a copy.
 * @throws FtteError `config-invalid` naming the option, what came and what was expected
 */
export const checkMemberSettings = <Settings>(settings: Settings): Settings => check(memberSchema, settings);

/** Checks the options of a member by invitation. @throws FtteError as `checkMemberSettings` does */
export const checkInvitedSettings = <Settings>(settings: Settings): Settings =>
  check(invitedSchema, settings);

/** Checks the options of a coordinator. @throws FtteError as `checkMemberSettings` does */
export const checkCoordinatorSettings = <Settings>(settings: Settings): Settings =>
  check(coordinatorSchema, settings);

/** Whether all these methods can be called. */
export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

function check<Settings>(
  schema: typeof memberSchema | typeof invitedSchema | typeof coordinatorSchema | typeof partOfSchema,
  given: Settings,
): Settings {
  const settings = copyOf(given);
  const { data, issue } = checkSchema(schema, settings);
  if (issue) {
    const field = issue.field || 'options';
    throw new FtteError('config-invalid', `${field}: ${issue.text}`, { field }, { cause: issue.cause });
  }
  const { federation, id } = data;
  if (federation !== undefined) requireName('federation', federation);
  if (id !== undefined) requireName('id', id);
  return settings;
}

/** The options as they are now. A getter may throw, or give another value later. */
function copyOf<Settings>(given: Settings): Settings {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const read = (field: string): [string, unknown] => {
    try {
      return [field, (given as Record<string, unknown>)[field]];
    } catch (error) {
      const text = `${field}: expected a value, got an error: ${messageOf(error)}`;
      throw new FtteError('config-invalid', text, { field }, { cause: error });
    }
  };
  return Object.fromEntries(Object.keys(given).map(read)) as Settings;
}
