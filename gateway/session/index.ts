export * from './session-types';
