/** Units that instruments write below the names of columns, in lower case. */
const usual: ReadonlySet<string> = new Set([
  ...[
    's',
    'sec',
    'secs',
    'second',
    'seconds',
    'ms',
    'msec',
    'msecs',
    'millisecond',
    'milliseconds',
    'us',
    'µs',
  ],
  ...[
    'ns',
    'min',
    'h',
    'hz',
    'khz',
    'g',
    'mg',
    'm/s²',
    'm/s^2',
    'm/s2',
    'm/(s^2)',
    'm/(sec^2)',
    'ms-2',
    'm/s',
    'm',
  ],
  ...[
    'rad/s',
    'deg/s',
    'dps',
    '°/s',
    'mdps',
    'rad',
    'deg',
    '°',
    'v',
    'mv',
    'uv',
    'µv',
    'nv',
    'a',
    'ma',
    'w',
    'kw',
  ],
  ...[
    'kwh',
    'ohm',
    'ohms',
    'kohm',
    'kohms',
    'us/cm',
    'degc',
    '°c',
    'c',
    '°f',
    'f',
    'k',
    '%',
    'bpm',
    '1/min',
    'l/min',
  ],
  ...[
    'pa',
    'hpa',
    'kpa',
    'mbar',
    'bar',
    'mmhg',
    'lux',
    'lx',
    'ut',
    'µt',
    'mt',
    'gauss',
    'ppm',
    'ppb',
    'n',
    'nm',
    'kg',
  ],
  ...[
    'raw',
    'cal',
    'adu',
    'nu',
    'a.u.',
    'au',
    'counts',
    'count',
    'lsb',
    'unitless',
    'no units',
    'none',
    '-',
    '1',
  ],
]);

/** True for a row of units: usual ones, words in brackets, and nothing else. */
export function isUnitRow({ cells }: { readonly cells: readonly string[] }): boolean {
  const words = cells.map((cell) => cell.trim().toLowerCase()).filter((word) => word !== '');
  if (words.length === 0) return false;
  return words.every((word) => isUnit(word));
}

function isUnit(word: string): boolean {
  // Lines of Markdown between the header and the rows.
  if (/^:?-{2,}:?$/.test(word)) return true;
  return /^\[.*\]$|^\(.*\)$/.test(word) || usual.has(word) || usual.has(word.replace(/\*+$/, ''));
}

/** Units that stand behind numbers in cells, besides those below names. */
const behindNumbers: ReadonlySet<string> = new Set(
  (
    '% %rh rh percent pct bpm beats/min count/min 1/s rpm db dba dbm ppm ppb ' +
    'cm mm km m³ m3 ml l l/h l/s m³/h km/h mph kn kt in ft inhg psi mmol/l mg/dl kcal j kj ' +
    'va kva var ah mah wh mv/v w/m² w/m2 µg/m³ ug/m3 mg/m³ mg/m3 µs/cm celsius kelvin ºc'
  ).split(' '),
);
/** Words among the usual units that are none behind a number. */
const noUnits: ReadonlySet<string> = new Set(['', '-', '1', 'none', 'no units', 'unitless', 'nu', 'cal']);

/** True for a word behind a number in a cell that is a usual unit: `%`, `°C`, `bpm`. */
export function isUnitBehind(word: string): boolean {
  const lower = word.toLowerCase();
  return behindNumbers.has(lower) || (usual.has(lower) && !noUnits.has(lower));
}

/** Characters of a name that are searched for a unit. */
const longestName = 200;

/**
 * The name of a column and its unit, if that follows in brackets: `x [g]` is `x` in `g`. In round brackets stand other words,
 * too, so that only usual units are taken for one.
 */
export function nameAndUnit(header: string): { readonly name: string; readonly unit: string } {
  if (header.length > longestName) return { name: header, unit: '' };
  const square = /^(.*[^\s[])\s*\[([^[\]]{1,40})\]$/.exec(header);
  if (square) return { name: square[1]!, unit: square[2]!.trim() };
  const round = /^(.*[^\s(])\s*\(((?:[^()]|\([^()]*\)){1,24})\)$/.exec(header);
  const unit = (round?.[2] ?? '').trim();
  if (!round || !(isUnit(unit.toLowerCase()) || /[/^\u00b0%\u00b5\u00b2\u00b3]/.test(unit)))
    return { name: header, unit: '' };
  return { name: round[1]!, unit };
}
