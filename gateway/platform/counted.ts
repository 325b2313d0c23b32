/** A number with its noun, for texts in English: `1 sample`, `3 samples`. @param several the plural of a noun that has another than with an s */
export const counted = (count: number, noun: string, several = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : several}`;
