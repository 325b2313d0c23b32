import { equal } from 'node:assert/strict';
import { densePlan, parameterLayout } from '../../../../gateway/model';
import { updateBytes } from '../../../../gateway/participant/outbox/update-size';
import { taskModel } from '../../../../gateway/task';
import { encodeMessage } from '../../../../gateway/wire';
import { tinyTask } from '../../coordinator/fleet-harness';
import { Clinic } from '../../coordinator/masking/clinic';

describe('the size of an update that is said before there is one', () => {
  it('is that of a message, with masks too', () => {
    const task = tinyTask({ aggregation: { masked: true } });
    const clinic = new Clinic(['a', 'b', 'c']);
    // Until the gateways that are there count as settled.
    clinic.clock.advance(3_000);
    clinic.deposit('a');
    const { id, delta, masks, samples, steps, variance } = clinic.contribution('a', 0.5);
    const layout = parameterLayout(taskModel(task));
    const plan = densePlan(layout, 1);
    const message = encodeMessage(
      { federation: '', sender: '' },
      {
        type: 'update',
        id,
        lineage: id,
        baseVersion: 1,
        plan,
        delta: { encoding: 'masked', values: delta },
        samples,
        steps,
        variance,
        lossBefore: Number.NaN,
        lossAfter: Number.NaN,
        masks,
      },
    );
    equal(updateBytes(task, { plan, updateElements: layout.size }), message.length);
  });
});
