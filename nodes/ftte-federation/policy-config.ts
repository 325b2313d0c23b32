import { z } from 'zod';
import { type GatewayPolicy, gatewayPolicy } from '../../gateway/participant';
import { field, readConfig } from '../runtime';

const defaults = gatewayPolicy();

/** The fields of the policy in a flow. */
const policyFields = z.object({
  fewestSamples: field.number({ min: 1, max: 100_000, whole: true, fallback: defaults.fewestSamples }),
  smallestBatch: field.number({ min: 1, max: 1024, whole: true, fallback: defaults.smallestBatch }),
  fewestSteps: field.number({ min: 1, max: 10_000, whole: true, fallback: defaults.fewestSteps }),
  mostSteps: field.number({ min: 1, max: 10_000_000, whole: true, fallback: defaults.mostSteps }),
  finestEncoding: field.choice(['int8', 'float32'], 'int8'),
  /** KB. */
  largestModel: field.number({ min: 1, max: 1024 * 1024, fallback: defaults.largestModel / 1024 }),
  /** 0: tasks without privacy are taken, too. */
  largestEpsilon: field.number({ min: 0, max: 1000, fallback: 0 }),
  mostUpdates: field.number({ min: 1, max: 1_000_000, whole: true, fallback: defaults.mostUpdatesPerHour }),
  evaluation: field.choice(['send', 'none'], defaults.evaluation),
  newTask: field.choice(['first', 'ask', 'any'], defaults.newTask),
});

/** The policy of a stored config. @throws FtteError `config-invalid` naming the field */
export function policyConfig(config: object): GatewayPolicy {
  const { largestModel, mostUpdates, largestEpsilon, ...others } = readConfig(policyFields, config);
  return {
    ...others,
    largestModel: Math.floor(largestModel * 1024),
    mostUpdatesPerHour: mostUpdates,
    ...(largestEpsilon > 0 && { largestEpsilon }),
  };
}
