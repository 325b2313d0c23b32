/** What a gateway never does, whatever a task asks for. */
export { agreementFile } from './agreement-file';
export { type GatewayPolicy, type GatewayPolicyInput, gatewayPolicy, policySchema } from './gateway-policy';
export { type PolicyBreach, policyBreach } from './policy-breach';
export { RoundLimits } from './round-limits';
export { refusalCode, refusalText, TaskGate, type TaskGateOptions, type TaskRefusal } from './task-gate';
