import { testCrashes } from './crash-world';

testCrashes('with every version', 1, 3);
