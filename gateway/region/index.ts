/** A region: the coordinator of a federation that is itself one gateway of the federation above it. */
export { Region, type RegionAbove, type RegionOptions } from './region';
