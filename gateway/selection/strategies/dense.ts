import { densePlan } from '../../model';
import type { SelectionStrategy } from './strategy';

/** Everything, or refuse. */
export const dense: SelectionStrategy = {
  propose: ({ layout }) => [densePlan(layout, 1).entries],
};
