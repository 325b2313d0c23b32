import { testCrashes } from './crash-world';

testCrashes('now and then', 64 * 1024);
