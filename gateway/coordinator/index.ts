export * from './coordinator-types';
