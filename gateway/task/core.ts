/**
 * The part of this room that needs no schema library: models, parameters and plans as plain data. The engine's thread
 * loads this face instead of the whole room, which saves each thread 6 MB and 50 ms. Everyone else imports the room.
 */
export * from './guide';
export * from './initialise';
export * from './layer-shapes';
export * from './model';
export * from './parameters';
export * from './plan';
export * from './presets';
