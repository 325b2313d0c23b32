import { RetainedStores } from '../runtime';

/** What train nodes learn from. */
export const retainedSamples = new RetainedStores();
