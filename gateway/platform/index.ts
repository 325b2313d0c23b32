/** The ground floor: time, randomness, files, errors and events, handed to every room above. */
export * from './clock';
export * from './emitter';
export * from './errors';
export * from './event-queue';
export * from './files';
export * from './finite';
export * from './float16';
export * from './kilobytes';
export * from './log';
export * from './random';
export * from './random-set';
export * from './side-thread';
export * from './steps';
