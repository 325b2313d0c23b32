import assert from 'node:assert/strict';
import { EventList } from '../../../../nodes/runtime';

describe('the events of a role', () => {
  const notice = { code: 'rate', level: 'warning', text: 'a', count: 1 } as const;

  it('list the same notice once, as the newest, with its number', () => {
    const events = new EventList();
    events.add(notice, 10);
    events.add({ ...notice, text: 'b' }, 20);
    events.add(notice, 30);
    events.add({ ...notice, count: 40 }, 50);
    assert.deepEqual(
      events.all.map(({ text, count, timeMs }) => [text, count, timeMs]),
      [
        ['b', 1, 20],
        ['a', 40, 50],
      ],
    );
  });

  it('are given from a number on', () => {
    const events = new EventList();
    events.add(notice, 10);
    const { newest } = events;
    assert.deepEqual(events.after(newest), []);
    events.add(notice, 20);
    assert.deepEqual(
      events.after(newest).map(({ count }) => count),
      [2],
    );
  });

  it('name the gateway or coordinator that they are about', () => {
    const events = new EventList();
    events.add({ ...notice, text: 'gateway pi-1 joined', details: { gateway: 'pi-1', online: 1 } }, 10);
    events.add({ ...notice, text: 'hub leads', details: { coordinator: 'hub' } }, 20);
    events.add({ ...notice, text: 'something else', details: { version: 3 } }, 30);
    assert.deepEqual(
      events.all.map(({ about }) => about),
      ['pi-1', 'hub', undefined],
    );
  });

  it('name the cause of storage that fails, by the reason of the error or by what the text quotes of the system', () => {
    const events = new EventList();
    const failing = { code: 'storage', level: 'error', count: 1 } as const;
    events.add({ ...failing, text: 'cannot write a: ENOSPC: no space left on device, write' }, 1);
    events.add(
      { ...failing, text: 'updates wait in memory only: cannot write b: EROFS: read-only file system' },
      2,
    );
    events.add({ ...failing, text: 'the folder is in use by process 7', details: { reason: 'locked' } }, 3);
    events.add({ ...failing, text: 'the file is damaged' }, 4);
    events.add({ ...notice, text: 'a channel is called EROFS' }, 5);
    assert.deepEqual(
      events.all.map(({ cause }) => cause),
      ['full', 'read-only', 'in-use', undefined, undefined],
    );
  });

  it('are bounded: the oldest ones go', () => {
    const events = new EventList(3);
    for (const text of ['a', 'b', 'c', 'd']) events.add({ ...notice, text }, 0);
    assert.deepEqual(
      events.all.map(({ text }) => text),
      ['b', 'c', 'd'],
    );
  });
});
