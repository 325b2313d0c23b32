import assert from 'node:assert/strict';
import {
  addressed,
  decodeMessage,
  dropReasonOf,
  encodeMessage,
  PlanBook,
  type Update,
} from '../../../gateway/wire';
import { bodyOf, envelope } from './samples';

const { sequence, ...named } = envelope;
const place = { federation: 'clinic', sender: 'gw-1' };
const update = (microBatch: number): Update => {
  const body = bodyOf('update');
  return { ...body, plan: { ...body.plan, microBatch } };
};
const bytesOf = (body: Update, isPlanKnown = false) => addressed(encodeMessage(named, body), { isPlanKnown });

describe('a plan that is named by its id', () => {
  it('is that of an earlier update, of whichever gateway, and shortens a message', () => {
    const plans = new PlanBook();
    decodeMessage(bytesOf(update(8)), undefined, { federation: 'clinic', sender: 'gw-2', plans });
    const short = bytesOf(update(8), true);
    assert.deepEqual(decodeMessage(short, undefined, { ...place, plans }), { ...named, ...update(8) });
    assert.ok(short.length < bytesOf(update(8)).length);
  });

  it('is refused with the id of the update, if no earlier one had it', () => {
    const plans = new PlanBook();
    decodeMessage(bytesOf(update(8)), undefined, { ...place, plans });
    assert.throws(
      () => decodeMessage(bytesOf(update(4), true), undefined, { ...place, plans }),
      (error: Error & { details?: Record<string, unknown> }) => {
        assert.equal(dropReasonOf(error), 'plan');
        assert.deepEqual([error.details?.['sender'], error.details?.['id']], ['gw-1', update(4).id]);
        return true;
      },
    );
  });

  it('is forgotten for newer ones, however many come', () => {
    const plans = new PlanBook();
    for (let microBatch = 1; microBatch <= 1000; microBatch++)
      decodeMessage(bytesOf(update(microBatch)), undefined, { ...place, plans });
    assert.doesNotThrow(() => decodeMessage(bytesOf(update(1000), true), undefined, { ...place, plans }));
    assert.throws(() => decodeMessage(bytesOf(update(1), true), undefined, { ...place, plans }));
  });
});
