/** Beats of a heart: where they are in a stream, and the intervals between them. */
export * from './beat-measures';
export * from './beat-windows';
export * from './computed-inputs';
export * from './mark';
export * from './r-peaks';
