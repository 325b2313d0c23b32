import type { Task } from '../../task';

/** A sample of a store. */
export interface StoredSample {
  /** Unique in its store; later samples have larger numbers. */
  readonly id: number;
  /** Index of a label; 0 for a task without labels. */
  readonly label: number;
  /** `[rows, channels]`; never changed. */
  readonly window: Float32Array;
}

/** The samples of one label. */
export interface StoredReservoir {
  readonly label: number;
  /** All samples that came, also those that were dropped. */
  readonly seen: number;
  readonly samples: readonly StoredSample[];
}

/** The windows that a store holds, and the labels that indices mean. */
export interface StoreHeader {
  readonly input: Task['input'] | undefined;
  /** Rows of a sample. */
  readonly rows: number;
  readonly labels: readonly string[];
}

/** The content of a sample store. */
export interface StoreContent extends StoreHeader {
  readonly reservoirs: readonly StoredReservoir[];
}
