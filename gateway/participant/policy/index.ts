/** The policy of a gateway: limits that no task can lower. */
export { agreementFile } from './agreement-file';
export { type GatewayPolicy, type GatewayPolicyInput, gatewayPolicy, policySchema } from './gateway-policy';
export { notUnderstood } from './not-understood';
export { type PolicyBreach, policyBreach } from './policy-breach';
export { RoundLimits } from './round-limits';
export { refusalCode, refusalText, TaskGate, type TaskGateOptions, type TaskRefusal } from './task-gate';
