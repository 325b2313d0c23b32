import assert from 'node:assert/strict';
import type { CsvOptions } from '../../../../gateway/stream';
import { useCsvFiles } from './csv-file';

const lines = (row: (i: number) => string, count = 12, end = '\n') =>
  Array.from({ length: count }, (_, i) => row(i)).join(end);
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

/** Files of the same rows `[i + 0.25, 0.5, -1]`, each written in another way. */
const same: readonly [what: string, content: string | Buffer, recognised: string, options?: CsvOptions][] = [
  ['commas', `x,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`, ''],
  ['semicolons and decimal points', `x;y;z\n${lines((i) => `${i}.25;0.5;-1`)}`, 'semicolons'],
  [
    'semicolons and decimal commas',
    `x;y;z\n${lines((i) => `${i},25;0,5;-1,0`)}`,
    'semicolons, decimal comma',
  ],
  ['commas and decimal commas in quotes', `x,y,z\n${lines((i) => `"${i},25","0,5","-1"`)}`, 'decimal comma'],
  ['tabs', `x\ty\tz\n${lines((i) => `${i}.25\t0.5\t-1`)}`, 'tabs'],
  ['pipes', `x|y|z\n${lines((i) => `${i}.25|0.5|-1`)}`, 'pipes'],
  ['blanks', `x y z\n${lines((i) => `${i}.25 0.5 -1`)}`, 'blanks'],
  ['columns of a fixed width', `   x     y  z\n${lines((i) => `  ${i}.25  0.5 -1`)}`, 'blanks'],
  ['blanks behind commas', `x, y, z\n${lines((i) => `${i}.25, 0.5, -1`)}`, ''],
  [
    'a separator that the first line declares',
    `sep=;\nx;y;z\n${lines((i) => `${i}.25;0.5;-1`)}`,
    '1 line before',
  ],
  [
    'a declared separator in quotes',
    `"sep=\t"\nx\ty\tz\n${lines((i) => `${i}.25\t0.5\t-1`)}`,
    '1 line before',
  ],
  ['quotes around everything', `"x","y","z"\n${lines((i) => `"${i}.25","0.5","-1"`)}`, ''],
  ['apostrophes as quotes', `'x','y','z'\n${lines((i) => `'${i}.25','0.5','-1'`)}`, ''],
  ['CRLF', `x,y,z\r\n${lines((i) => `${i}.25,0.5,-1`, 12, '\r\n')}\r\n`, ''],
  ['CR', `x,y,z\r${lines((i) => `${i}.25,0.5,-1`, 12, '\r')}`, ''],
  ['mixed line ends', `x,y,z\r\n${lines((i) => `${i}.25,0.5,-1${i % 2 ? '\r' : ''}`)}`, ''],
  ['a byte order mark', `\ufeffx,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`, ''],
  ['UTF-16', utf16(`\ufeffx\ty\tz\r\n${lines((i) => `${i}.25\t0.5\t-1`, 12, '\r\n')}`), 'UTF-16, tabs'],
  ['UTF-16, big end first', utf16(`\ufeffx,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`).swap16(), 'UTF-16'],
  ['UTF-16 without a mark', utf16(`x,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`), 'UTF-16'],
  [
    'comments before the header',
    `# Logger 7\n# 32 Hz\nx,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`,
    '2 lines before',
  ],
  ['a header in a comment', `# x,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`, ''],
  [
    'comments among the rows',
    `x,y,z\n${lines((i) => `${i === 3 ? '# pause, here\n' : ''}${i}.25,0.5,-1`)}`,
    '',
  ],
  [
    'lines of the maker before the header',
    `--- Data File Created By Maker at 30 Hz ---\nSerial Number: A1\nStart Time 10:00:00\nx,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`,
    '3 lines before the table',
  ],
  [
    'an odd quote before the header',
    `Device "GT3X\nx,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`,
    '1 line before',
  ],
  [
    'as long a line before the header',
    `Name,Anna,7\nx,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`,
    '1 line before',
  ],
  ['units below the header', `x,y,z\nmV,mV,mV\n${lines((i) => `${i}.25,0.5,-1`)}`, 'x (mV), y (mV), z (mV)'],
  ['units in brackets below', `x,y,z\n(g),[g],\n${lines((i) => `${i}.25,0.5,-1`)}`, 'x (g), y (g), z'],
  [
    'units in the header',
    `x [g],y (m/s^2),z[°C]\n${lines((i) => `${i}.25,0.5,-1`)}`,
    'x (g), y (m/s^2), z (°C)',
  ],
  [
    'groups of columns above the names',
    `Motion,,Heat\nx,y,z\n${lines((i) => `${i}.25,0.5,-1`)}`,
    '1 line before',
  ],
  [
    'a file of Weka (ARFF)',
    `% comment\n@relation r\n@attribute x numeric\n@attribute 'y' real\n@attribute "z" real\n\n@data\n${lines((i) => `${i === 4 ? '% pause\n' : ''}${i}.25,0.5,-1`)}`,
    '7 lines before',
  ],
  ['blank lines', `\nx,y,z\n\n${lines((i) => `${i}.25,0.5,-1\n${i % 3 ? '' : '  \n\n'}`)}\n\n`, ''],
  ['a separator at the end of each row', `x,y,z\n${lines((i) => `${i}.25,0.5,-1,`)}`, ''],
  ['a separator at the end of every line', `x,y,z,,\n${lines((i) => `${i}.25,0.5,-1,,`)}`, ''],
  [
    'a semicolon at the end of each row',
    `x,y,z;\n${lines((i) => `${i}.25,0.5,-1;`)}`,
    'rows that end with a semicolon',
  ],
  [
    'two rows on some lines',
    `x,y,z;\n${lines((i) => `${i}.25,0.5,-1;${i === 5 ? '' : '\n'}`).replaceAll('\n\n', '\n')}`,
    '',
  ],
  ['row numbers without a name', `,x,y,z\n${lines((i) => `${i},${i}.25,0.5,-1`)}`, ''],
  [
    'row numbers that the header lacks',
    `x,y,z\n${lines((i) => `${i},${i}.25,0.5,-1`)}`,
    'a first column without a name (row numbers)',
  ],
  [
    'a plain table of Markdown',
    `|x|y|z|\n|---|---|---|\n${lines((i) => `|${i}.25|0.5|-1|`)}`,
    'pipes; channels x, y, z',
  ],
  [
    'a column that begins further down',
    `x,y,z\n${lines((i) => `${i}.25,0.5,-1${i > 3 ? ',7' : ''}`)}`,
    'a last column without a name',
  ],
  [
    'a table of Markdown',
    `| x | y | z |\n| --- | :--: | ---: |\n${lines((i) => `| ${i}.25 | 0.5 | -1 |`)}`,
    'pipes',
  ],
  [
    'units below other words, and a separator at the end of each row',
    `Clock,x,y,z,\nCAL,CAL,CAL,CAL\nms,mV,g,g,\n${lines((i) => `${20 * i},${i}.25,0.5,-1,`)}`,
    'x (mV), y (g), z (g)',
    { timeColumn: 'Clock' },
  ],
  ['a last column that the header lacks', `t,x,y,z\n${lines((i) => `${20 * i},${i}.25,0.5,-1,7`)}`, ''],
  [
    'a last column, beside a counter',
    `index,x,y,z\n${lines((i) => `${i},${i}.25,0.5,-1,7`)}`,
    '',
    { columns: ['x', 'y', 'z'] },
  ],
  ['row names that the header lacks', `"x" "y" "z"\n${lines((i) => `"r${i}" ${i}.25 0.5 -1`)}`, ''],
  ['the header once more', `x,y,z\n${lines((i) => `${i === 6 ? 'x,y,z\n' : ''}${i}.25,0.5,-1`)}`, ''],
  [
    'columns of text beside',
    `device,x,note,y,z\n${lines((i) => `wrist,${i}.25,ok,0.5,-1`)}`,
    'left out: device, note',
  ],
  [
    'cells with separators, quotes and line ends in them',
    `x,note,y,z\n${lines((i) => `${i}.25,"a, ""b""\nc",0.5,-1`)}`,
    'left out: note',
  ],
  ['zeros of a lost power', `x,y,z\n${lines((i) => `${i === 5 ? '\0'.repeat(600) : ''}${i}.25,0.5,-1`)}`, ''],
  ['exponents, signs and the minus of typesetters', `x,y,z\n${lines((i) => `+${i}.25e0,5E-1,\u22121`)}`, ''],
  ['no header, with names', lines((i) => `${i}.25,0.5,-1`), 'no header', { columns: ['x', 'y', 'z'] }],
  [
    'no header, for three channels',
    lines((i) => `${i}.25,0.5,-1`),
    'no header',
    { channels: ['x', 'y', 'z'] },
  ],
  [
    'no header, by number',
    lines((i) => `-1 ${i}.25 0.5 7`),
    'no header',
    { columns: ['x=2', 'y = 3', 'z=1'] },
  ],
  [
    'a header by choice',
    `1,2,3\n${lines((i) => `${i}.25,0.5,-1`)}`,
    '',
    { header: true, columns: ['x=1', 'y=2', 'z=3'] },
  ],
];

/** Neighbours of the cases above that are read as they stand, or refused with what is wrong. */
const neighbours: readonly [
  what: string,
  content: string,
  expected: number[][] | RegExp,
  options?: CsvOptions,
][] = [
  ['a decimal comma in a file of one column', 'x\n1,5\n2,5\n', [[1.5], [2.5]]],
  [
    'a comma between two columns',
    'x,y\n1,5\n2,5\n',
    [
      [1, 5],
      [2, 5],
    ],
  ],
  ['three decimals behind a point', 'x;y\n1.234;2\n', [[1.234, 2]]],
  ['three decimals behind a comma, as another cell shows', 'x;y\n1,234;2,5\n', [[1.234, 2.5]]],
  ['three decimals behind a comma and a zero', 'x;y\n0,125;2\n', [[0.125, 2]]],
  [
    'a comma that may mark either',
    'x;y\n1,234;2\n',
    /line 2: x is "1,234", expected a number whose decimal mark is known/,
  ],
  ['a comma that may mark either, by choice', 'x;y\n1,234;2\n', [[1.234, 2]], { decimal: ',' }],
  ['a comma that may mark either, by the choice of a point', 'x;y\n1,234;2\n', [[1234, 2]], { decimal: '.' }],
  ['commas between thousands', 'x,y\n"1,234.5",2\n', [[1234.5, 2]]],
  [
    'commas between thousands, as another cell shows',
    'x,y\n"1,234",2.5\n-12,3\n',
    [
      [1234, 2.5],
      [-12, 3],
    ],
  ],
  ['commas between millions', 'x;y\n-1,234,567;2\n', [[-1234567, 2]]],
  ['points between thousands', 'x;y\n1.234,5;2\n', [[1234.5, 2]]],
  ['points between millions', 'x;y\n1.234.567;2\n', [[1234567, 2]]],
  ['points between thousands, as another cell shows', 'x;y\n1.234;2,5\n', [[1234, 2.5]]],
  ['blanks between thousands', 'x;y\n1 234,5;2\n', [[1234.5, 2]]],
  ['narrow blanks between thousands', 'x;y\n12\u202f345;2\n', [[12345, 2]]],
  ['apostrophes between thousands', "x;y\n1'234.5;2\n", [[1234.5, 2]]],
  ['times with thousands separators', 'time,x\n980,1.5\n"1,000",2\n"1,020",3\n', [[1.5], [2], [3]]],
  ['hexadecimal counts', 'x,y\n0x1F,2\n', [[31, 2]]],
  ['a number beyond float32', 'x,y\n1e39,2\n', /x is "1e39", expected a number that a float32 holds/],
  [
    'infinity',
    'x,y\nInfinity,2\n1,2\n',
    [
      [Number.NaN, 2],
      [1, 2],
    ],
  ],
  [
    'a column of text that is asked for',
    'x,y\nfast,2\nslow,3\n',
    /line 2: x is "fast", expected a number/,
    { channels: ['x'] },
  ],
  ['a dollar before each number', 'x,y\n$1,2\n$3,4\n', [[2], [4]]],
  ['a header alone', 'x,y\n', /the names of its columns \(x, y\) and no rows below/],
  ['a single row', 'x,y\n1,2', [[1, 2]]],
  ['a single number', '5', [[5]]],
];

describe('the dialect of a CSV file', () => {
  const { read, values } = useCsvFiles();

  for (const [what, content, recognised, options] of same) {
    it(`is recognised: ${what}`, async () => {
      const { readings, source, errors, warnings } = await read(content, options);
      assert.deepEqual(source.channels, ['x', 'y', 'z']);
      assert.deepEqual(
        readings.map(({ values: row }) => row),
        Array.from({ length: 12 }, (_, i) => [i + 0.25, 0.5, -1]),
      );
      assert.ok(source.recognised.includes(recognised), source.recognised);
      assert.deepEqual([...errors, ...warnings], []);
    });
  }

  for (const [what, content, expected, options] of neighbours) {
    it(`keeps apart: ${what}`, async () => {
      if (expected instanceof RegExp) await assert.rejects(values(content, options), expected);
      else assert.deepEqual(await values(content, options), expected);
    });
  }

  it('names Latin-1, in which older spreadsheets write', async () => {
    const { source, readings } = await read(Buffer.from('température;Größe\n1,5;2\n', 'latin1'));
    assert.deepEqual(source.channels, ['température', 'Größe']);
    assert.deepEqual(readings[0]?.values, [1.5, 2]);
    assert.match(source.recognised, /Latin-1/);
  });

  it('reads Latin-1 that shows only behind the first lines', async () => {
    const start = lines((i) => `${i},ok`, 20_000);
    const { readings, errors } = await read(
      Buffer.from(`x,note\n${start}\n7,kühl\n8,ok\n`, 'latin1'),
      {},
      'late.csv',
    );
    assert.deepEqual(
      readings.slice(-2).map(({ values: row }) => row),
      [[7], [8]],
    );
    assert.deepEqual(errors, []);
  });

  it('is as the user says, if the user says it', async () => {
    const { source, readings } = await read('a,b\n1,5\n', { separator: 'semicolon' });
    assert.deepEqual([source.channels, readings[0]?.values], [['a,b'], [1.5]]);
    assert.deepEqual((await read('a\n1\n2\n', { header: false })).source.channels, ['1']);
    const bytes = Buffer.from('a\u0301\n1\n', 'utf8');
    assert.deepEqual((await read(bytes, { encoding: 'windows-1252' })).source.channels, ['aÌ\x81']);
  });
});
