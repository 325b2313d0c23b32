import assert from 'node:assert/strict';
import type { CsvOptions } from '../../../../gateway/stream';
import { refusal } from '../tools';
import { useCsvFiles } from './csv-file';

const rows = (...cells: string[]) => `${cells.join('\n')}\n`;

/** Files whose numbers are not plain, their channels, and the values of the first channel. */
const readable: readonly [
  what: string,
  content: string,
  channels: readonly string[],
  values: readonly number[],
  recognised: string,
  options?: CsvOptions,
][] = [
  ['per cent', rows('time,hum', '0,98 %', '20,97.5 %', '40,97%'), ['hum'], [98, 97.5, 97], 'hum (%)'],
  ['degrees', rows('temp,hum', '36.6 °C,40 %', '-2.5 °C,41 %'), ['temp', 'hum'], [36.6, -2.5], 'temp (°C)'],
  [
    'degrees with a decimal comma',
    rows('temp;x', '36,6 °C;1', '36,7 °C;2'),
    ['temp', 'x'],
    [36.6, 36.7],
    'comma',
  ],
  ['a single column', rows('temp', '36,6 °C', '37,25 °C'), ['temp'], [36.6, 37.25], 'temp (°C)'],
  ['no blank', rows('u,x', '230V,1', '231V,2'), ['u', 'x'], [230, 231], 'u (V)'],
  ['a narrow blank', rows('hum,x', '98\u202f%,1', '97\u202f%,2'), ['hum', 'x'], [98, 97], 'hum (%)'],
  ['no header', rows('36.6 °C,1', '36.7 °C,2'), ['1', '2'], [36.6, 36.7], '1 (°C)'],
  ['an exponent', rows('p,x', '1.5e3 hPa,1', '1e3 hPa,2'), ['p', 'x'], [1500, 1000], 'p (hPa)'],
  [
    'gaps',
    rows('hum,x', '98 %,1', ',2', 'NA,3', '97 %,4'),
    ['hum', 'x'],
    [98, Number.NaN, Number.NaN, 97],
    '%',
  ],
  ['a cell without %', rows('hum,x', '98 %,1', '97,2', '96 %,3'), ['hum', 'x'], [98, 97, 96], '%'],
  ['a zero without a unit', rows('d,x', '12 m,1', '0,2', '13 m,3'), ['d', 'x'], [12, 0, 13], 'd (m)'],
  ['truth', rows('time,door', '0,true', '20,false'), ['door'], [1, 0], 'door (true is 1)'],
  ['truth alone', rows('door', 'FALSE', 'TRUE', 'TRUE'), ['door'], [0, 1, 1], 'true is 1'],
  ['truth in German', rows('Zeit;Tür', '0;WAHR', '20;FALSCH'), ['Tür'], [1, 0], 'wahr is 1'],
  ['truth in French', rows('time;porte', '0;vrai', '20;faux'), ['porte'], [1, 0], 'vrai is 1'],
  [
    'on and off',
    rows('time,pump', '0,on', '20,off', '40,unavailable'),
    ['pump'],
    [1, 0, Number.NaN],
    'on is 1',
  ],
  [
    'truth that is asked for',
    rows('door,x', 'true,5', 'false,6'),
    ['door', 'x'],
    [1, 0],
    'true is 1',
    { channels: ['door', 'x'] },
  ],
];

/** Cells that are no numbers, and what the error says. */
const refused: readonly [what: string, content: string, ...said: string[]][] = [
  ['other words', rows('time,door', '0,open', '20,closed'), 'line 2: door is "open"', 'true and false'],
  ['an unknown unit', rows('time,w', '0,5 stone', '20,6 stone'), 'line 2: w is "5 stone"', 'unit behind'],
  ['two units', rows('time,t', '0,36.6 °C', '20,97.9 °F'), 't is "36.6 °C"', 'in every row the same unit'],
  ['no table', rows('Dear all', 'this is a letter'), 'no column of numbers', 'line 2: "this is a letter"'],
];

describe('the cells of a CSV file', () => {
  const { read } = useCsvFiles();

  for (const [what, content, channels, values, recognised, options] of readable)
    it(`are numbers with ${what}`, async () => {
      const { source, readings, errors } = await read(content, options);
      assert.deepEqual(source.channels, channels);
      assert.deepEqual(
        readings.map((reading) => reading.values[0]),
        values,
      );
      assert.deepEqual(errors, []);
      assert.ok(source.recognised.includes(recognised), source.recognised);
    });

  for (const [what, content, ...said] of refused)
    it(`are named if they are ${what}`, async () => {
      await assert.rejects(read(content), refusal('recording-invalid', 'clinic.csv', ...said));
    });

  it('are left out if they are words for 0 and 1 beside numbers, and stay labels', async () => {
    const beside = await read('x,charging\n1,true\n2,false\n');
    assert.deepEqual([beside.source.channels, beside.errors], [['x'], []]);
    const labelled = await read('label,x\ntrue,1\nfalse,2\n');
    assert.deepEqual(
      labelled.readings.map(({ label }) => label),
      ['true', 'false'],
    );
  });

  it('are named one by one if a later one has another unit, or is another word', async () => {
    const many = Array.from({ length: 500 }, () => '98 %,true').join('\n');
    const { errors, readings } = await read(`hum,door\n${many}\n97 bpm,maybe\n96 %,false\n`, {
      channels: ['hum', 'door'],
    });
    assert.deepEqual(readings.at(-2)?.values, [Number.NaN, Number.NaN]);
    assert.deepEqual(readings.at(-1)?.values, [96, 0]);
    assert.deepEqual(errors, [
      'clinic.csv line 502: hum is "97 bpm", expected a number with the unit %, as the rows before have',
      'clinic.csv line 502: door is "maybe", expected false or true, as the rows before have',
    ]);
  });

  it('are not the thousandfold without their unit: 900 beside 1.2 k is named', async () => {
    const { errors, readings } = await read('p,x\n1.2 k,1\n1.3 k,2\n900,3\n1.4 k,4\n');
    assert.deepEqual(
      readings.map(({ values }) => values[0]),
      [1.2, 1.3, Number.NaN, 1.4],
    );
    assert.match(errors[0] ?? '', /line 4: p is "900", expected a number with the unit k/);
  });

  it('are names if they are the header: 10 m and 2 m', async () => {
    const { source, readings } = await read('10 m,2 m\n3.5,2.5\n3.6,2.6\n');
    assert.deepEqual(source.channels, ['10 m', '2 m']);
    assert.equal(readings.length, 2);
  });
});

describe('columns of a CSV file that are left out', () => {
  const { read } = useCsvFiles();
  const cases: [what: string, cells: [string, string], cell: string | undefined][] = [
    ['currency before', ['$5', '$6.50'], '$5'],
    ['currency and a blank', ['\u20ac 5', '\u20ac 6'], '\u20ac 5'],
    ['negative numbers in brackets', ['(5)', '(7)'], '(5)'],
    ['minus behind', ['7-', '5.5-'], '7-'],
    ['digits of another script', ['\u0663\u0660', '\u0663'], '\u0663\u0660'],
    ['groups of two digits', ['"1,23,456.5"', '"1,23,457.5"'], '1,23,456.5'],
    ['exponents of Fortran', ['1.5D+02', '1.25D+01'], '1.5D+02'],
    ['words', ['on the wrist', 'on the leg'], undefined],
    ['codes', ['A-12', 'A-13'], undefined],
    ['addresses', ['192.168.0.1', '192.168.0.2'], undefined],
    ['serial numbers', ['12-34-56', '12-34-57'], undefined],
    ['nothing', ['', ''], undefined],
  ];
  for (const [what, [first, second], cell] of cases)
    it(`are ${cell === undefined ? 'not reported if they hold' : 'reported with a cell if they may be numbers:'} ${what}`, async () => {
      const { warnings } = await read(`v,x\n${first},1\n${second},2\n`);
      const said = `clinic.csv: left out, because they are no plain numbers: v (such as ${JSON.stringify(cell)})`;
      assert.deepEqual(warnings, cell === undefined ? [] : [said]);
    });

  it('are not reported if the columns are chosen', async () => {
    const { warnings } = await read('v,x\n$5,1\n$6,2\n', { columns: ['x'] });
    assert.deepEqual(warnings, []);
  });
});
