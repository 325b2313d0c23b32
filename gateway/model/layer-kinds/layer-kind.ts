import type { z } from 'zod';
import type { LayerFields, nameField, Zod } from './fields';
import { type Refuse, type Shape, sizeOf } from './shape';

/**
 * A kind of layer as plain facts, without an engine: its settings, shapes, parameters and cost. Its name is its key in
 * the table of `index.ts`, from which the types of all other tables over kinds follow.
 */
export interface LayerKind<Settings extends z.ZodRawShape = z.ZodRawShape> {
  /** Schemas of its settings beside `type` and `name`, in the order in which a task lists them. */
  settings(z: Zod, fields: LayerFields): Settings;
  /**
   * Shape of its output.
   * @throws the error that `refuse` makes, if it cannot take the input
   */
  outputShape(spec: SettingsOf<Settings>, input: Shape, context: ShapeContext): Shape;
  /** Its tensors, kernel first. */
  tensors?(spec: SettingsOf<Settings>, input: Shape): readonly TensorPart[];
  /**
   * Floating-point operations of the forward pass of one example; a multiplication and its addition are two. By default
   * one for each value of the input.
   */
  operations?(spec: SettingsOf<Settings>, input: Shape, output: Shape): number;
  /** The setting that names the earlier layer (or `input`) whose output it reads beside the one before it, or instead. */
  readonly secondInput?: 'with' | 'from';
  /** It reads the second input alone; what comes before it waits for a later layer. */
  readonly startsBranch?: true;
  /**
   * Meaning for the kernel before it in version 0: `rectifies` asks for He's deviation; `passes` leaves the question to
   * the layer after it.
   */
  readonly initialisation?: 'rectifies' | 'passes';
}

/** The values of a kind's settings. */
export type SettingsOf<Settings extends z.ZodRawShape> = z.output<z.ZodObject<Settings>>;

/** The schema of a kind of layer under its name. */
export type SchemaOf<Type extends string, Settings extends z.ZodRawShape> = z.ZodObject<
  { type: z.ZodLiteral<Type>; name: ReturnType<typeof nameField> } & Settings,
  z.core.$strict
>;

/** Decides an output's shape together with the layer and its input. */
export interface ShapeContext {
  /** Shape of the second input, if the kind has one. */
  readonly second: Shape | undefined;
  readonly refuse: Refuse;
}

/** Role of a tensor in its layer. `mean` and `variance` are statistics, which no plan trains. */
export type ParameterRole = 'kernel' | 'recurrent' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance';

/** A tensor of a layer, before it has a place in the model's parameters. */
export interface TensorPart {
  readonly role: ParameterRole;
  /** Row-major, as in Keras. */
  readonly shape: readonly number[];
  /** Input channels among which a plan can choose; absent: the whole tensor or nothing. */
  readonly inputChannels?: number;
  /** Each output is fed by its own channel alone. */
  readonly depthwise?: true;
  /** Values of a bias that are 1 in version 0, up to `to` without it. */
  readonly ones?: { readonly from: number; readonly to: number };
}

/** A kind of layer; `settings` comes first, so that the types of the others follow from it. */
export function defineLayer<Settings extends z.ZodRawShape>(kind: LayerKind<Settings>): LayerKind<Settings> {
  return kind;
}

/** A kind of layer without settings that keeps the shape. */
export const elementwise = (
  facts: Omit<LayerKind<Record<never, never>>, 'settings' | 'outputShape'> = {},
): LayerKind<Record<never, never>> => ({ settings: () => ({}), outputShape: (_, input) => input, ...facts });

/** The tensors of a layer whose kernel's input channels can be chosen: the kernel, and the bias unless it has none. */
export function kernelAndBias(kernel: TensorPart, outputs: number, bias: boolean | undefined): TensorPart[] {
  return bias === false ? [kernel] : [kernel, { role: 'bias', shape: [outputs] }];
}

/** Operations of a layer that multiplies `inner` numbers for each value of its output. */
export const productOperations = (output: Shape, inner: number): number => 2 * sizeOf(output) * inner;
