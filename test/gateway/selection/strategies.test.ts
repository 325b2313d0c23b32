import assert from 'node:assert/strict';
import { planMemory } from '../../../gateway/engine';
import { type Plan, parameterLayout } from '../../../gateway/model';
import { redrawPlan, selectionUnits, selectPlan } from '../../../gateway/selection';
import { coordinates, leastBudget, momentum, request, wearable } from './tools';

describe('selection by a strategy', () => {
  it('begins, as deepest, at the output and goes down', () => {
    const { tensors } = parameterLayout(wearable);
    const least = leastBudget(wearable);
    const whole = leastBudget(wearable, { strategy: 'dense' });
    let depth = 0;
    for (let share = 0; share < 1; share += 0.1) {
      const { plan } = selectPlan(
        request(wearable, least + share * (whole - least), { strategy: 'deepest' }),
      );
      const kernels = plan.entries.filter(({ tensor }) => tensors[tensor]?.role === 'kernel');
      // Only the lowest trained kernel may be partial.
      assert.ok(kernels.slice(1).every(({ channels }) => channels === undefined));
      depth = Math.max(depth, kernels.length);
    }
    assert.ok(depth > 2);
  });

  describe('that draws again at each version', () => {
    const budget = leastBudget(wearable) * 1.5;
    const draw = (seed: number, version: number) =>
      selectPlan(request(wearable, budget, { strategy: 'dynamic', seed, version })).plan;

    it('draws the same from the same seed and version, and something else from another', () => {
      assert.deepEqual(draw(1, 7), draw(1, 7));
      assert.notDeepEqual(draw(1, 7), draw(1, 8));
      assert.notDeepEqual(draw(1, 7), draw(2, 7));
    });

    it('draws another version from any one before, at the same memory to the byte', () => {
      const asked = request(wearable, budget, { strategy: 'dynamic', seed: 5 });
      const first = selectPlan({ ...asked, version: 2 });
      for (const version of [0, 3, 40]) {
        const redrawn = redrawPlan(asked, first, version);
        assert.deepEqual(redrawn, selectPlan({ ...asked, version }));
        const { plan } = redrawn;
        assert.deepEqual(
          planMemory({ model: wearable, plan, optimiser: momentum, batchSize: 32 }),
          first.memory,
        );
      }
    });

    it('leaves out the kernels that carry next to none of the measured score', () => {
      const layout = parameterLayout(wearable);
      const last = layout.tensors.findIndex(({ name }) => name === 'conv1d_2/kernel');
      const gradients = Uint8Array.from(selectionUnits(layout), ({ tensor }) => (tensor === last ? 255 : 80));
      const asked = request(wearable, budget, { strategy: 'dynamic', importance: { version: 0, gradients } });
      const kernels = selectPlan(asked).plan.entries.filter(
        ({ tensor }) => layout.tensors[tensor]!.role === 'kernel',
      );
      assert.deepEqual(
        kernels.map(({ tensor }) => layout.tensors[tensor]?.name),
        ['conv1d_2/kernel', 'dense/kernel'],
      );
    });

    it('reaches every parameter in the course of the versions', () => {
      const reached = new Set<number>();
      for (let version = 0; version < 40; version++) {
        for (const coordinate of coordinates(wearable, draw(1, version))) reached.add(coordinate);
      }
      assert.equal(reached.size, parameterLayout(wearable).size);
    });
  });

  describe('by what was measured', () => {
    const layout = parameterLayout(wearable);
    const named = (plan: Plan) => plan.entries.map(({ tensor }) => layout.tensors[tensor]?.name);
    const kernelAt = (name: string) => layout.tensors.findIndex((tensor) => tensor.name === `${name}/kernel`);
    const budget = leastBudget(wearable) * 1.3;

    it('trains the kernel that gained, as contribution', () => {
      for (const name of ['conv1d_1', 'conv1d_2']) {
        const gains = ['conv1d', 'conv1d_1', 'conv1d_2'].map((each) => ({
          tensor: kernelAt(each),
          gains: each === name ? [0.1, 0.2, 0.25, 0.26] : [0, 0, 0, 0],
        }));
        const asked = request(wearable, budget, {
          strategy: 'contribution',
          importance: { version: 0, gains },
        });
        assert.ok(named(selectPlan(asked).plan).includes(`${name}/kernel`));
        const others = named(selectPlan(asked).plan).filter((each) => each?.endsWith('kernel'));
        assert.deepEqual(others, [`${name}/kernel`, 'dense/kernel']);
      }
    });

    it('trains the channels with large gradients, as gradient', () => {
      const units = selectionUnits(layout);
      const loud = units.filter(
        ({ tensor, channel }) => tensor === kernelAt('conv1d_1') && channel! % 9 === 4,
      );
      const gradients = Uint8Array.from(units, (unit) => (loud.includes(unit) ? 255 : 60));
      const asked = request(wearable, budget, {
        strategy: 'gradient',
        importance: { version: 0, gradients },
      });
      const entry = selectPlan(asked).plan.entries.find(({ tensor }) => tensor === kernelAt('conv1d_1'));
      for (const { channel } of loud) assert.ok(!entry?.channels || entry.channels.includes(channel!));
    });

    it('goes by magnitude before anything was measured, and where it was measured on another model', () => {
      const plain = selectPlan(request(wearable, budget)).plan;
      const strange = { version: 0, gradients: new Uint8Array(3), norms: new Uint8Array(5) };
      for (const strategy of ['contribution', 'gradient'] as const) {
        assert.deepEqual(selectPlan(request(wearable, budget, { strategy })).plan, plain);
        assert.deepEqual(
          selectPlan(request(wearable, budget, { strategy, importance: strange })).plan,
          plain,
        );
      }
    });
  });
});
