import { deepEqual, equal, ok } from 'node:assert/strict';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import {
  AdaptiveServer,
  AmsgradServer,
  automaticRate,
  createServerOptimiser,
  type ServerOptimiser,
  SgdServer,
} from '../../../../gateway/coordinator/server-optimiser';
import { runSync } from '../../../../gateway/platform';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';

/** A pseudo-gradient that holds `[offset, offset + values.length)`. */
function towards(values: number[], offset = 0, size = 3): PseudoGradient {
  const pseudoGradient = new PseudoGradient(size);
  const segments = [{ offset, length: values.length }];
  runSync(pseudoGradient.mean([contribution(values, { segments })], [1]));
  return pseudoGradient;
}

function run(server: ServerOptimiser, pseudoGradients: PseudoGradient[], size = 3): Float32Array {
  const parameters = new Float32Array(size);
  for (const each of pseudoGradients) server.step(parameters, each, []);
  return parameters;
}

const close = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => {
    ok(Math.abs(actual[i]! - value) < 1e-6, `expected ${expected}, got ${Array.from(actual)}`);
  });

describe('server SGD', () => {
  it('adds the rate times the pseudo-gradient and has no state', () => {
    const server = new SgdServer({ learningRate: 0.5, momentum: 0 });
    close(run(server, [towards([1, -2, 4]), towards([1, 1, 1])]), [1, -0.5, 2.5]);
    equal(server.arrays().size, 0);
  });

  it('takes whole steps for young contributions if no rate is set, and shorter ones the older they are', () => {
    const aged = (...ages: number[]) => ages.map((age) => ({ age }));
    const rateOf = (...ages: number[]) => {
      const parameters = new Float32Array(1);
      new SgdServer({ learningRate: 'auto', momentum: 0 }).step(
        parameters,
        towards([1], 0, 1),
        aged(...ages),
      );
      return parameters[0]!;
    };
    equal(rateOf(0, 0, 0), 1);
    equal(rateOf(1, 1), 1);
    equal(rateOf(3), 0.5);
    equal(rateOf(0, 6), 0.5, 'the mean of the ages counts');
    equal(rateOf(), 1, 'an empty buffer has no age');
  });

  it('takes longer steps for older contributions if no rate is set and damping shortens them', () => {
    const rateOf = (age: number, damping: number) => automaticRate([{ age }], damping);
    equal(rateOf(0, 0.5), 1);
    equal(rateOf(1, 0.5), 1.25);
    equal(rateOf(4, 0.5), 1.4);
    equal(rateOf(4, 1), 1, 'never above 1 / damping');
    equal(rateOf(4, 0.4), 0.4, 'too little damping counts as none');
  });

  it('agrees with steps with momentum worked by hand', () => {
    // m: 1, then 0.9 + 2 = 2.9, then 2.61 + 0 = 2.61; w = 0.1 * (1 + 2.9 + 2.61).
    const server = new SgdServer({ learningRate: 0.1, momentum: 0.9 });
    close(run(server, [towards([1], 0, 1), towards([2], 0, 1), towards([0], 0, 1)], 1), [0.651]);
  });
});

describe('server Adam', () => {
  const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0.001 };

  it('agrees with two steps worked by hand, without bias correction', () => {
    // v starts at tau^2 = 1e-6. Step 1, d = 1: m = 0.1, v = 0.99e-6 + 0.01 = 0.01000099,
    // w = 0.1 * 0.1 / (0.10000495 + 0.001) = 0.0990051.
    // Step 2, d = -1: m = 0.09 - 0.1 = -0.01, v = 0.99 * 0.01000099 + 0.01 = 0.01990098,
    // w += 0.1 * -0.01 / (0.14107083 + 0.001) = -0.0070387.
    const server = new AdaptiveServer('adam', settings);
    const once = run(new AdaptiveServer('adam', settings), [towards([1], 0, 1)], 1);
    close(once, [0.0990051]);
    close(run(server, [towards([1], 0, 1), towards([-1], 0, 1)], 1), [0.0990051 - 0.0070387]);
  });
});

describe('server Yogi', () => {
  const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0.001 };

  it('agrees with two steps worked by hand', () => {
    // Step 1, d = 1: m = 0.1, v = 1e-6 + 0.01 (v < d^2) = 0.010001,
    // w = 0.1 * 0.1 / (0.10000500 + 0.001) = 0.0990050.
    // Step 2, d = 0.05: m = 0.095, v = 0.010001 - 0.01 * 0.0025 (v > d^2) = 0.009976,
    // w += 0.1 * 0.095 / (0.09987993 + 0.001) = 0.0941713.
    const once = run(new AdaptiveServer('yogi', settings), [towards([1], 0, 1)], 1);
    close(once, [0.099005]);
    close(run(new AdaptiveServer('yogi', settings), [towards([1], 0, 1), towards([0.05], 0, 1)], 1), [
      0.099005 + 0.0941713,
    ]);
  });

  it('does not forget the second moment without movement, as Adam does', () => {
    const steps = [towards([1], 0, 1), ...Array.from({ length: 500 }, () => towards([0], 0, 1))];
    const yogi = new AdaptiveServer('yogi', settings);
    const adam = new AdaptiveServer('adam', settings);
    run(yogi, steps, 1);
    run(adam, steps, 1);
    ok(yogi.arrays().get('second')![0]! > 0.0099);
    ok(adam.arrays().get('second')![0]! < 0.0001);
  });
});

describe('the server step of FADAS', () => {
  const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, delayThreshold: 4 };
  const aged = (...ages: number[]) => ages.map((age) => ({ age }));

  it('agrees with steps worked by hand, over the largest second moment, not the present one', () => {
    // Step 1, d = 1: m = 0.1, v = v^ = 0.01, w = 0.1 * 0.1 / 0.1 = 0.1.
    // Step 2, d = 0: m = 0.09, v = 0.0099, v^ = 0.01, w += 0.1 * 0.09 / 0.1 = 0.09; by v it would be 0.0904534.
    // Step 3, d = 2: m = 0.281, v = v^ = 0.009801 + 0.04 = 0.049801, w += 0.0281 / 0.22316137 = 0.1259179.
    const pseudoGradients = [1, 0, 2].map((d) => towards([d], 0, 1));
    close(run(new AmsgradServer(settings), pseudoGradients.slice(0, 2), 1), [0.19]);
    close(run(new AmsgradServer(settings), pseudoGradients, 1), [0.19 + 0.1259179]);
  });

  it('divides its rate by the largest age, once that is above the threshold', () => {
    const moved = (...ages: number[]) => {
      const parameters = new Float32Array(1);
      new AmsgradServer(settings).step(parameters, towards([1], 0, 1), aged(...ages));
      return parameters;
    };
    close(moved(0), [0.1]);
    close(moved(0, 4, 1), [0.1]);
    close(moved(0, 5, 1), [0.1 / 5]);
    close(moved(50), [0.1 / 50]);
  });

  it('is finite if nothing ever moved', () => {
    deepEqual(
      [...run(new AmsgradServer(settings), [towards([0, 0, 0]), towards([0, 1e-30, 0])])].map(
        Number.isFinite,
      ),
      [true, true, true],
    );
  });
});

describe('the server that a task names', () => {
  for (const kind of ['sgd', 'adam', 'yogi'] as const) {
    it(`is created by its name: ${kind}`, () => {
      const { server } = tinyTask({ aggregation: { server: { kind } } }).aggregation;
      equal(createServerOptimiser(server).name, kind);
    });
  }
});

const kinds: [string, () => ServerOptimiser][] = [
  ['SGD with momentum', () => new SgdServer({ learningRate: 0.1, momentum: 0.9 })],
  ['Adam', () => new AdaptiveServer('adam', { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0.001 })],
  [
    'AMSGrad',
    () => new AmsgradServer({ learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, delayThreshold: 1 }),
  ],
  ['Yogi', () => new AdaptiveServer('yogi', { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0.001 })],
];
for (const [name, make] of kinds) {
  describe(`state of server ${name}`, () => {
    it('leaves a coordinate that no contribution holds as it is, with momentum or without', () => {
      const server = make();
      const parameters = new Float32Array(3);
      server.step(parameters, towards([1, 1, 1]), []);
      const [, , before] = parameters;
      server.step(parameters, towards([1], 0), []);
      equal(parameters[2], before);
      const untouched = make();
      const other = new Float32Array(3);
      untouched.step(other, towards([1, 1, 1]), []);
      untouched.step(other, towards([1, 1, 1]), []);
      server.step(parameters, towards([1], 2), []);
      equal(parameters[2], other[2], 'its state did not age meanwhile');
    });

    it('is empty before the first step and continues from a copy of itself', () => {
      const one = make();
      equal(one.arrays().size, 0);
      const parameters = new Float32Array(3);
      one.step(parameters, towards([1, 2, 3]), []);
      const two = make();
      two.restore(one.arrays());
      const copy = parameters.slice();
      one.step(parameters, towards([1, -2, 3]), []);
      two.step(copy, towards([1, -2, 3]), []);
      deepEqual(copy, parameters);
    });

    it('is reset by an empty map', () => {
      const server = make();
      const first = run(server, [towards([1, 2, 3])]);
      server.restore(new Map());
      deepEqual(run(server, [towards([1, 2, 3])]), first);
    });
  });
}
