/** The gateway's role: follow the global model, train it on what stays here, send the change, predict. */
export * from './follower-events';
export * from './model-follower';
export * from './model-memory';
export * from './participant';
export * from './participant-options';
export * from './participant-types';
export * from './plan-chooser';
export type * from './prediction';
export * from './predictor';
export * from './update-size';
