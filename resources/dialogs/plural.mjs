/* Words that depend on a number, such as `3 {gateway|gateways}`. nodes/runtime/status/plural.ts does the same for the runtime. */

const forms = /\{([^{}|]*)\|([^{}|]*)\}/g;
const numbers = /\d(?:[\d.,+\-\u00a0\u202f]*\d)?/g;

/**
 * Chooses the form for one or the form for others by the nearest number before it, or by the next one if there is none before.
 * @param languageOf gives the language of the text
 */
export function inNumber(words, languageOf) {
  if (!words.includes('|')) return words;
  return words.replace(forms, (_both, one, other, at) => {
    const number = words.slice(0, at).match(numbers)?.at(-1) ?? words.slice(at).match(numbers)?.[0];
    const rules = new Intl.PluralRules(languageOf());
    // `1.000` of German is no one.
    return /^\d+$/.test(number ?? '') && rules.select(Number(number)) === 'one' ? one : other;
  });
}
