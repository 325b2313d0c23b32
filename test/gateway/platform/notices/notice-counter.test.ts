import assert from 'node:assert/strict';
import { type Notice, NoticeCounter, noticeText, VirtualClock } from '../../../../gateway/platform';

const minuteMs = 60_000;

function make() {
  const clock = new VirtualClock(1000);
  const said: string[] = [];
  const counter = new NoticeCounter(clock, (notice) => said.push(noticeText(notice)));
  const tell = (text: string, code: Notice['code'] = 'reading-invalid') => {
    const { notice, due } = counter.count({ code, level: 'error', text });
    if (due) said.push(noticeText(notice));
    return notice;
  };
  return { clock, counter, said, tell };
}

describe('the counter of notices', () => {
  it('says a notice once, then after 1 min, 10 min and every hour with its number', () => {
    const { clock, said, tell } = make();
    const perMinute = 6;
    for (let i = 0; i < 3 * 60 * perMinute; i++) {
      tell('payload is a text');
      clock.advance(minuteMs / perMinute);
    }
    const counts = said.map((text) => Number(/x (\d+)/.exec(text)?.[1] ?? 1));
    // At 0, 1, 11, 71 and 131 minutes.
    assert.deepEqual(counts, [1, 6, 66, 426, 786]);
  });

  it('says how often a burst came, though nothing comes after it', () => {
    const { clock, said, tell } = make();
    for (let i = 0; i < 238; i++) tell('payload is a text');
    assert.deepEqual(said, ['payload is a text']);
    clock.advance(minuteMs);
    assert.deepEqual(said, ['payload is a text', 'payload is a text (x 238)']);
    clock.advance(24 * 60 * minuteMs);
    assert.equal(said.length, 2);
  });

  it('takes texts that differ in numbers only for the same notice, and says the newest', () => {
    const { clock, said, tell } = make();
    for (const text of ['80 ms late', '81.5 ms late', '82 ms late']) tell(text, 'gap');
    clock.advance(minuteMs);
    assert.deepEqual(said, ['80 ms late', '82 ms late (x 3)']);
  });

  it('keeps the texts and codes apart that are different things', () => {
    const { said, tell } = make();
    tell('acc_x is missing', 'channel-missing');
    tell('acc_y is missing', 'channel-missing');
    tell('acc_x is missing', 'missing');
    assert.equal(said.length, 3);
  });

  it('says a handful of lines for texts that are all different, whoever makes them', () => {
    const { clock, said, tell } = make();
    const word = (i: number) =>
      String.fromCharCode(97 + (i % 26), 97 + ((i / 26) % 26), 97 + ((i / 676) % 26));
    for (let i = 0; i < 10_000; i++) tell(`label is "${word(i)}"`, 'label-unknown');
    assert.equal(said.length, 5, said.join());
    clock.advance(minuteMs);
    assert.deepEqual(said.slice(5), [`label is "${word(9_999)}" (x 9996)`], 'four texts came once');
  });

  it('says something again in full that has not happened for six hours', () => {
    const { clock, said, tell } = make();
    tell('the disk is full', 'storage');
    clock.advance(6 * 60 * minuteMs);
    tell('the disk is full', 'storage');
    assert.deepEqual(said, ['the disk is full', 'the disk is full']);
  });

  it('counts on for the status where nothing is due', () => {
    const { tell } = make();
    tell('payload is a text');
    assert.equal(tell('payload is a text').count, 2);
  });

  it('says no trouble of a broker again that is over, and no recovery that a new trouble has ended', () => {
    const { clock, said, tell } = make();
    for (let i = 0; i < 12; i++) tell('cannot listen', 'broker-port-taken');
    tell('connected', 'broker-recovered');
    clock.advance(minuteMs);
    assert.deepEqual(said, ['cannot listen', 'connected']);
    tell('connected', 'broker-recovered');
    tell('connected', 'broker-recovered');
    tell('cannot listen', 'broker-port-taken');
    clock.advance(24 * 60 * minuteMs);
    assert.equal(said.at(-1), 'cannot listen (x 13)');
  });

  it('says nothing once it has stopped', () => {
    const { clock, counter, said, tell } = make();
    tell('payload is a text');
    tell('payload is a text');
    counter.stop();
    clock.advance(minuteMs);
    assert.equal(said.length, 1);
    assert.equal(clock.nextDue, undefined);
  });
});
