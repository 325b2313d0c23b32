import { KeptStores } from '../runtime';

/** What train nodes learn from. */
export const keptSamples = new KeptStores();
