/** Windows that are changed by chance: what a task may say, and what it means for its channels. */
export { augmentationSchema } from './augmentation-schema';
export {
  type AugmentationPlan,
  type AugmentedTask,
  describeAugmentation,
  resolveAugmentation,
} from './resolve-augmentation';
