/** What a federation learns: the task a person writes, its model, its parameters, and the plans that choose among them. */
export * from './initialise';
export * from './layers';
export * from './model';
export * from './parameters';
export * from './plan';
export * from './presets';
export * from './schema';
export * from './task';
