import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FtteError, VirtualClock } from '../../../../gateway/platform';
import { type GivenLabel, Labeller, readLabelAction } from '../../../../gateway/stream';

interface Item {
  readonly payload: unknown;
  readonly subject?: unknown;
}

/** A labeller on a virtual clock, with what has left it: time, payload and label. */
function bench(holdSeconds = 0, limits?: { messages: number; bytes: number }) {
  const clock = new VirtualClock(1000);
  const left: [ms: number, payload: unknown, label: GivenLabel | undefined][] = [];
  let early = 0;
  const labeller = new Labeller<Item>({
    clock,
    holdMs: holdSeconds * 1000,
    pass: ({ payload }, label) => left.push([clock.now() - 1000, payload, label]),
    onFull: () => early++,
    ...(limits && { limits }),
  });
  return {
    clock,
    labeller,
    left,
    labels: () => left.map(([, , label]) => label),
    early: () => early,
    act: (fields: object) => labeller.act(readLabelAction(fields)!),
    /** One reading in each of some seconds. */
    read(seconds: number, subject?: unknown) {
      for (let i = 0; i < seconds; i++) {
        labeller.take({ payload: (clock.now() - 1000) / 1000, subject });
        clock.advance(1000);
      }
    },
  };
}

describe('labels by a person', () => {
  it('are given to readings between start and stop, and to no other', () => {
    const { act, read, labels } = bench();
    read(1);
    act({ action: 'start', label: 'walk' });
    read(2);
    act({ action: 'stop' });
    read(1);
    assert.deepEqual(labels(), [undefined, 'walk', 'walk', undefined]);
  });

  it('may be stopped without a start, and started twice: the second one counts', () => {
    const { act, read, labels } = bench();
    act({ action: 'stop' });
    act({ action: 'stop', subject: 'anna' });
    act({ action: 'start', label: 'walk' });
    act({ action: 'start', label: 7 });
    read(1);
    assert.deepEqual(labels(), [7]);
  });

  it('show since when they are active, also if the same one is started again', () => {
    const { act, read, labeller } = bench();
    act({ action: 'start', label: 'walk' });
    read(3);
    act({ action: 'start', label: 'walk' });
    assert.deepEqual(
      labeller.state.active.map(({ label, sinceMs }) => ({ label, sinceMs })),
      [{ label: 'walk', sinceMs: 1000 }],
    );
    act({ action: 'start', label: 'sit' });
    assert.equal(labeller.state.active[0]?.sinceMs, 4000);
    assert.equal(labeller.state.labelled, 3);
  });

  it('end by themselves after the seconds that were said', () => {
    const { act, read, labels, labeller } = bench();
    act({ action: 'start', label: 'fall', seconds: '2' });
    read(3);
    assert.deepEqual(labels(), ['fall', 'fall', undefined]);
    assert.deepEqual(labeller.state.active, []);
  });

  it('may be of one subject, and a word about all ends what was said about one', () => {
    const { act, read, labels } = bench();
    act({ action: 'start', label: 'walk', subject: 1 });
    read(1, '1');
    read(1, 'bert');
    act({ action: 'start', label: 'sit' });
    read(1, '1');
    act({ action: 'stop', subject: '1' });
    read(1, '1');
    read(1, 'bert');
    act({ action: 'stop' });
    read(1, 'bert');
    assert.deepEqual(labels(), ['walk', undefined, 'sit', undefined, 'sit', undefined]);
  });

  it('are kept for as many subjects as there are streams, and no more', () => {
    const { act } = bench();
    for (let i = 0; i < 256; i++) act({ action: 'start', label: 'walk', subject: i });
    assert.throws(
      () => act({ action: 'start', label: 'walk', subject: 256 }),
      /257th .* expected at most 256/,
    );
    act({ action: 'stop', subject: 0 });
    act({ action: 'start', label: 'walk', subject: 256 });
  });

  it('come late to readings that are held back, which leave in their order after their time', () => {
    const { act, read, left, clock, labeller } = bench(3);
    read(2);
    assert.equal(labeller.state.held, 2);
    act({ action: 'last', label: 'fall', seconds: 1 });
    read(1);
    clock.advance(5000);
    assert.deepEqual(left, [
      [3000, 0, undefined],
      [4000, 1, 'fall'],
      [5000, 2, undefined],
    ]);
    assert.equal(labeller.state.held, 0);
  });

  it('replace the label that was active when the reading came', () => {
    const { act, read, labels, clock } = bench(10);
    act({ action: 'start', label: 'walk' });
    read(4);
    act({ action: 'last', label: 'fall', seconds: 2 });
    read(1);
    clock.advance(20_000);
    assert.deepEqual(labels(), ['walk', 'walk', 'fall', 'fall', 'walk']);
  });

  it('reach all that is held back if no time is said, and only the subject that is', () => {
    const { act, read, left, clock } = bench(10);
    read(2, 'anna');
    read(2, 'bert');
    act({ action: 'last', label: 'sit', subject: 'anna' });
    clock.advance(20_000);
    assert.deepEqual(
      left.map(([, , label]) => label),
      ['sit', 'sit', undefined, undefined],
    );
  });

  it('that reach further back than readings are held are given to those that are here, with an error', () => {
    const { act, read, labels, clock } = bench(2);
    read(4);
    assert.throws(
      () => act({ action: 'last', label: 'fall', seconds: 60 }),
      (error: FtteError) =>
        error.code === 'message-invalid' &&
        /msg\.seconds is 60, expected at most 2, .* those of the last 2 s have the label/.test(error.message),
    );
    clock.advance(5000);
    assert.deepEqual(labels(), [undefined, undefined, undefined, 'fall']);
  });

  it('cannot come late if nothing is held back', () => {
    const { act } = bench(0);
    assert.throws(() => act({ action: 'last', label: 'fall' }), /holds no readings back/);
  });

  it('never hold more than fits: the oldest leave early, and nothing is lost', () => {
    const few = bench(60, { messages: 5, bytes: 1e6 });
    few.read(8);
    assert.deepEqual(
      few.left.map(([, payload]) => payload),
      [0, 1, 2],
    );
    assert.equal(few.early(), 3);
    const small = bench(60, { messages: 1000, bytes: 20_000 });
    for (let i = 0; i < 10; i++)
      small.labeller.take({ payload: Array.from({ length: 100 }, () => ({ x: 1 })) });
    const { held } = small.labeller.state;
    assert.ok(held >= 1 && held < 10, `${held} of 10 are held`);
    assert.equal(small.left.length + held, 10);
  });

  it('leave at most some hundred messages to one turn, and let all leave that are due', () => {
    const { labeller, left, clock } = bench(1);
    for (let i = 0; i < 1000; i++) labeller.take({ payload: i });
    clock.advance(1000);
    assert.equal(left.length, 1000);
    assert.deepEqual(left.at(-1), [1000, 999, undefined]);
  });

  it('forget what waits when they stop', () => {
    const { labeller, left, clock, read } = bench(3);
    read(2);
    labeller.stop();
    clock.advance(10_000);
    assert.deepEqual(left, []);
    assert.equal(clock.nextDue, undefined);
  });

  it('keep the order and the number of messages, whatever is said meanwhile', () => {
    const step = fc.oneof(
      fc.record({
        action: fc.constant('start'),
        label: fc.constantFrom('a', 'b'),
        subject: fc.constantFrom('', 'x'),
      }),
      fc.record({ action: fc.constant('stop'), subject: fc.constantFrom('', 'x') }),
      fc.record({
        action: fc.constant('last'),
        label: fc.constantFrom('a', 'b'),
        seconds: fc.integer({ min: 1, max: 5 }),
      }),
      fc.record({ waitMs: fc.integer({ min: 0, max: 4000 }), subject: fc.constantFrom('', 'x', 'y') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { labeller, left, clock, act } = bench(5);
        let sent = 0;
        for (const each of steps) {
          if ('action' in each) act(each);
          else {
            clock.advance(each.waitMs);
            labeller.take({ payload: sent++, subject: each.subject });
          }
        }
        clock.advance(60_000);
        assert.deepEqual(
          left.map(([, payload]) => payload),
          Array.from({ length: sent }, (_, i) => i),
        );
      }),
    );
  });
});

describe('an action about labels', () => {
  it('is none without a word: the message is a reading', () => {
    for (const action of [undefined, null, ''])
      assert.equal(readLabelAction({ action, label: 'walk' }), undefined);
  });

  const wrong: [string, object, RegExp][] = [
    ['another word', { action: 'begin' }, /msg\.action is "begin", expected one of start, stop, last/],
    ['no label', { action: 'start' }, /msg\.label is nothing, expected a text/],
    ['an empty label', { action: 'start', label: ' ' }, /msg\.label is " ", expected a text/],
    ['an object as label', { action: 'last', label: {} }, /msg\.label is an object/],
    ['a label that is no number', { action: 'last', label: Number.NaN }, /msg\.label is NaN/],
    ['a text of a page', { action: 'start', label: 'x'.repeat(201) }, /of 1 to 200 letters/],
    ['no time', { action: 'last', label: 'a', seconds: 0 }, /msg\.seconds is 0, expected a number above 0/],
    ['a time in words', { action: 'last', label: 'a', seconds: 'ten' }, /msg\.seconds is "ten"/],
    [
      'a time without an end',
      { action: 'start', label: 'a', seconds: Number.POSITIVE_INFINITY },
      /msg\.seconds/,
    ],
    [
      'a subject that names nobody',
      { action: 'stop', subject: {} },
      /msg\.subject is an object, expected a text/,
    ],
  ];
  for (const [name, fields, reason] of wrong) {
    it(`is refused with ${name}, and the error names the field`, () => {
      assert.throws(
        () => readLabelAction(fields),
        (error: unknown) =>
          error instanceof FtteError && error.code === 'message-invalid' && reason.test(error.message),
      );
    });
  }
});
