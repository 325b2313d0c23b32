/** Plans made beside the event loop. */
export * from './plan-thread';
