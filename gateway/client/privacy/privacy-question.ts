/** Facts of a federation that its task does not have. */
export interface PrivacyQuestion {
  readonly gateways: number;
  readonly samples: number;
  readonly budgetBytes: number;
}
