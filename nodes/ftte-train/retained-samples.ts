import { RetainedStores } from '../runtime';

/** The samples of train nodes, and the windows that they hold out, from one deploy to the next. */
export const retainedSamples = new RetainedStores();
export const retainedHeldOut = new RetainedStores();
