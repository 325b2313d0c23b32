import { equal, ok } from 'node:assert/strict';
import {
  asFtteError,
  describeMeasured,
  describeValue,
  FtteError,
  jsonExcerpt,
  wrapError,
} from '../../../gateway/platform';

describe('the description of a wrong value', () => {
  const values: readonly (readonly [value: unknown, text: string, measured?: string])[] = [
    [undefined, 'nothing'],
    [null, 'null'],
    [true, 'true'],
    [3.25, '3.25', 'a number'],
    [Number.NaN, 'NaN'],
    [7n, '7'],
    ['a "word"', '"a \\"word\\""'],
    ['36.6 °C', '"36.6 °C"', 'a text with a number in it'],
    ['x'.repeat(41), `"${'x'.repeat(37)}..."`],
    [[36.6, 36.7], 'an array of 2'],
    [{ pulse: 72 }, 'an object'],
    [Object.create(null), 'an object'],
    [new Map([['pulse', 72]]), 'an object (Map)'],
    [new Float32Array(3), 'a Float32Array of 3'],
    [new DataView(new ArrayBuffer(2)), 'a DataView'],
    [new Date(Number.NaN), 'an invalid Date'],
    [() => 72, 'a function'],
    [Symbol('pulse'), 'a symbol'],
  ];
  for (const [value, text, measured = text] of values) {
    it(`is ${text}, and ${measured} if the value may have been measured`, () => {
      equal(describeValue(value), text);
      equal(describeMeasured(value), measured);
    });
  }

  it('is JSON, cut to a length, if a person wrote the value', () => {
    equal(jsonExcerpt({ kernel: [3, 3] }), '{"kernel":[3,3]}');
    equal(jsonExcerpt(undefined), 'nothing');
    equal(jsonExcerpt('x'.repeat(100), 20), `"${'x'.repeat(16)}...`);
  });
});

describe('an error that was caught', () => {
  it('stays as it is if it is an FtteError', () => {
    const error = new FtteError('offline', 'no connection');
    equal(asFtteError(error, 'storage'), error);
  });

  it('becomes an FtteError with the same message and the cause', () => {
    const cause = new Error('ENOSPC');
    const error = asFtteError(cause, 'storage', { path: '/data' });
    ok(error instanceof FtteError);
    equal(error.code, 'storage');
    equal(error.message, 'ENOSPC');
    equal(error.cause, cause);
    equal(error.details['path'], '/data');
    equal(asFtteError('a text', 'broker').message, 'a text');
  });

  it('gets a message that begins with what failed', () => {
    equal(wrapError('storage', 'cannot write x', new Error('ENOSPC')).message, 'cannot write x: ENOSPC');
  });
});
