import assert from 'node:assert/strict';
import { granting } from './granting-tools';

describe('granted cohorts', () => {
  it('take nobody twice who is ready again while its update is being judged', () => {
    const { grants, ready, news } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b');
    assert.deepEqual(news().sort(), ['a', 'b']);
    grants.arrived('a');
    ready('a');
    assert.deepEqual(news(), []);
    grants.settled('a');
    assert.deepEqual(news(), []);
    grants.settled('b');
    grants.proceed(true);
    assert.deepEqual(news(), ['a']);
  });

  it('take another try of one whose update nothing was heard of, when it says so again', () => {
    const { grants, ready, news } = granting({ cohorts: true });
    grants.start();
    ready('a');
    assert.deepEqual(news(), ['a']);
    grants.arrived('a');
    ready('a');
    assert.deepEqual(news(), []);
    ready('a');
    assert.deepEqual(news(), ['a']);
  });

  it('take another for one whose update was refused: they would wait for it for ever', () => {
    const { grants, ready, news } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b', 'c');
    const [refused = '', ...others] = news();
    assert.equal(others.length, 1);
    grants.settled(refused, true);
    assert.equal(news().length, 1);
    // With nobody else there, the same gateway tries again.
    grants.settled(others[0] as string, true);
    ready(others[0] as string);
    assert.deepEqual(news(), others);
  });

  it('take each gateway once a version, done or not', () => {
    const { grants, ready, news } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b', 'c');
    const cohort = news();
    for (const gateway of cohort) {
      grants.settled(gateway);
      ready(gateway);
    }
    assert.deepEqual(news(), [], 'the cohort is full until there is a version');
    grants.proceed(true);
    assert.equal(news().length, 2);
  });

  it('replace who leaves, fails or is not heard of, but not who is done', () => {
    const { clock, grants, ready, news, offline } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b');
    ready('c', 'd', 'e');
    const [done = '', gone = ''] = news();
    grants.settled(done);
    offline.add(done);
    grants.removed(done);
    assert.deepEqual(news(), []);
    grants.removed(gone);
    assert.equal(news().length, 1, 'another for who left');
    clock.advance(1000);
    assert.equal(news().length, 1, 'and for who was not heard of');
  });

  it('do not wait for the spares of the last one, nor draw them while they still train', () => {
    const { grants, ready, news } = granting({ cohorts: true });
    grants.start();
    ready('a', 'b');
    const [done = '', late = ''] = news();
    grants.settled(done);
    ready(done);
    ready('c');
    grants.proceed(true);
    assert.deepEqual(news().sort(), [done, 'c'].sort());
    grants.settled(late);
    assert.deepEqual(news(), []);
  });
});
