import { parameterLayout } from '../../model';
import { gatewayPrivacy, type Task, taskModel } from '../../task';
import { encodingOf, finestEncoding } from '../../wire';
import type { GatewayPolicy } from './gateway-policy';

/** A setting of a task that a policy does not allow. */
export interface PolicyBreach {
  /** Path of the setting in the task. */
  readonly field: string;
  /** The setting of the policy. */
  readonly setting: keyof GatewayPolicy;
  /** A sentence for a person: the setting, what came, and what the policy allows. */
  readonly text: string;
}

/**
 * The first setting of a task that the policy does not allow; undefined: there is none. It is calculated from shapes:
 * nothing of the size of the model is allocated.
 */
export function policyBreach(task: Task, policy: GatewayPolicy): PolicyBreach | undefined {
  const { batchSize, epochs, maxSamplesPerRound } = task.training;
  const breach = (
    field: string,
    setting: keyof GatewayPolicy,
    got: number | string,
    limit: 'at least' | 'at most',
    unit = '',
  ): PolicyBreach => {
    const allowed = `${limit} ${policy[setting]}${unit}`;
    return {
      field,
      setting,
      text: `${field}: got ${got}${unit}, this gateway takes ${allowed} (its ${setting})`,
    };
  };
  if (batchSize < policy.smallestBatch)
    return breach('training.batchSize', 'smallestBatch', batchSize, 'at least');
  if (maxSamplesPerRound < policy.fewestSamples)
    return breach('training.maxSamplesPerRound', 'fewestSamples', maxSamplesPerRound, 'at least');
  const steps = epochs * Math.ceil(maxSamplesPerRound / batchSize);
  if (steps < policy.fewestSteps)
    return breach('training.epochs', 'fewestSteps', steps, 'at least', ' steps');
  if (steps > policy.mostSteps) return breach('training.epochs', 'mostSteps', steps, 'at most', ' steps');
  const { largestEpsilon } = policy;
  if (largestEpsilon !== undefined && gatewayPrivacy(task)) return trustingBreach;
  if (largestEpsilon !== undefined && !(task.privacy && task.privacy.epsilon <= largestEpsilon))
    return breach('privacy.epsilon', 'largestEpsilon', task.privacy?.epsilon ?? 'no privacy', 'at most');
  const { update } = task.encoding;
  if (
    encodingOf(finestEncoding('update', update)).bytesPerValue >
    encodingOf(policy.finestEncoding).bytesPerValue
  )
    return breach('encoding.update', 'finestEncoding', update, 'at most');
  const bytes = modelBytes(task);
  if (bytes > policy.largestModel) return breach('model', 'largestModel', bytes, 'at most', ' bytes');
  return undefined;
}

/** Noise that a coordinator adds is a promise that a gateway cannot hold it to. */
const trustingBreach: PolicyBreach = {
  field: 'privacy.level',
  setting: 'largestEpsilon',
  text: 'privacy.level: got gateway, this gateway takes record (its largestEpsilon): it counts the noise that it adds itself, and not what a coordinator promises',
};

/** Bytes of a model's parameters and its largest layer's output, in float32. */
function modelBytes(task: Task): number {
  const model = taskModel(task);
  const outputs = [model.input, ...model.shapes].map((shape) => shape.reduce((a, b) => a * b, 1));
  return Float32Array.BYTES_PER_ELEMENT * (parameterLayout(model).size + Math.max(...outputs));
}
