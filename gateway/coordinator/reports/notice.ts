import type { RejectionReason } from '../../wire';

/** Something that happened to a gateway or to the lineage. Output 2 of `ftte-coordinate`. */
export type CoordinatorNotice =
  | {
      readonly kind: 'joined' | 'left' | 'returned';
      readonly gateway: string;
      readonly online: number;
      readonly budgetBytes: number;
    }
  | {
      readonly kind: 'rejected';
      readonly gateway: string;
      readonly reason: RejectionReason;
      readonly detail: string;
    }
  | {
      readonly kind: 'carried-over';
      /** Of the model before. */
      readonly version: number;
      /** Names of layers. */
      readonly kept: readonly string[];
      readonly partly: readonly string[];
      readonly fresh: readonly string[];
      readonly text: string;
    }
  | { readonly kind: 'lineage'; readonly lineage: string; readonly text: string }
  | { readonly kind: 'storage-recovered'; readonly text: string }
  | { readonly kind: 'recovered'; readonly version: number; readonly text: string };
