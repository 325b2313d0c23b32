/** The lowest floor: time, randomness, files, errors and events for every room above. */

export * from './byte-size';
export * from './concurrency/job-worker';
export * from './concurrency/resumable';
export * from './concurrency/serial-queue';
export * from './emitter';
export * from './errors/describe-value';
export * from './errors/errors';
export * from './files/atomic-file';
export * from './files/disk-writes';
export * from './files/headed-bytes';
export * from './files/make-folder';
export * from './files/sealed-file';
export * from './files/storage-error';
export * from './finite';
export * from './float16';
export * from './kilobytes';
export * from './notices/log';
export * from './notices/notice';
export * from './notices/notice-codes';
export * from './notices/notice-counter';
export * from './random/random';
export * from './random/random-set';
export * from './time/backoff';
export * from './time/clock';
export * from './time/event-queue';
export * from './time/throttle';
