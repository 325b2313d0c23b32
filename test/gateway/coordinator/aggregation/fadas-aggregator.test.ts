import { equal } from 'node:assert/strict';
import { contribution } from './contributions';
import { close, combine, rule } from './rules';

describe('the FADAS rule', () => {
  it('is the plain mean, whatever ages, samples and variances are', () => {
    const list = [
      contribution([1], { baseVersion: 10, samples: 1000 }),
      contribution([5], { baseVersion: 0, variance: 9 }),
      contribution([6], { baseVersion: 3 }),
    ];
    const { values, shares } = combine(rule({ kind: 'fadas' }), list, 10);
    close(values, [4]);
    close(shares, [1 / 3, 1 / 3, 1 / 3]);
  });

  it('averages each coordinate over the plans that hold it', () => {
    const list = [
      contribution([2, 2], { segments: [{ offset: 0, length: 2 }] }),
      contribution([8, 8], { segments: [{ offset: 1, length: 2 }] }),
    ];
    close(combine(rule({ kind: 'fadas' }), list).values, [2, 5, 8]);
  });

  it('brings its own server step, whatever server the task names', () => {
    equal(rule({ kind: 'fadas' }, { server: { kind: 'yogi' } }).createServer().name, 'amsgrad');
  });
});
