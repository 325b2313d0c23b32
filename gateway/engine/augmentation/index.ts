/** Windows that are changed by chance while they are trained on. */
export { Augmenter } from './augmenter';
