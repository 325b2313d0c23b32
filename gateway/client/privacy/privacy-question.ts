/** Facts of a federation that its task does not have. */
export interface PrivacyQuestion {
  readonly gateways: number;
  readonly samples: number;
  readonly budgetBytes: number;
  /** Absent: those of the plan for the budget. */
  readonly trainedParameters?: number;
  /** Rounds, or updates, whose epsilon is asked for. Absent: all. */
  readonly uses?: number;
}
