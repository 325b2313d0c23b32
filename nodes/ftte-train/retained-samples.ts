import { RetainedStores } from '../runtime';

/** The samples of train nodes from one deploy to the next. */
export const retainedSamples = new RetainedStores();
