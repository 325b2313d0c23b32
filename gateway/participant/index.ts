export * from './participant-types';
