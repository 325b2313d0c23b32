/* How the lines of a curve differ, on the curve and in its legend. */

/** Colours far from each other, and 3 : 1 to both backgrounds of the editor, the light and the dark one. */
const colours = ['#2277dd', '#bb7711', '#00a000', '#e8112d', '#9933ff', '#007d6c', '#e52bc0', '#8a6a7a'];
/** Dashes of the lines beyond the colours: as CSS names them, and their lengths in pixels. */
const dashes = [
  { style: 'solid', lengths: undefined },
  { style: 'dashed', lengths: [7, 4] },
  { style: 'dotted', lengths: [2, 3] },
];

/** @param line number of the line, from 0 */
export const colourOf = (line) => colours[line % colours.length];
export const dashOf = (line) => dashes[Math.floor(line / colours.length) % dashes.length];

/** Width in pixels: the main line is thick, and so are those beyond all colours and dashes. */
export const widthOf = (line, isMain) => (isMain || line >= colours.length * dashes.length ? 2.5 : 1.25);
