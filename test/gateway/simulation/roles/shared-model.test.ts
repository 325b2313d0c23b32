import assert from 'node:assert/strict';
import { ownMemory } from '../../../../gateway/participant';
import { runSync, SeededRandom } from '../../../../gateway/platform';
import { SharedModels, sharedDecoder } from '../../../../gateway/simulation/roles/shared-model';
import { encodeMessage, type Patch, type Snapshot } from '../../../../gateway/wire';

const lineage = '0123456789abcdef';
const random = new SeededRandom(1);
const vector = (size: number) => Float32Array.from({ length: size }, () => random.normal());

function snapshot(version: number): Snapshot {
  return { type: 'snapshot', lineage, version, modelKey: 'key', parameters: vector(40), average: vector(40) };
}

function patch(version: number): Patch {
  const segments = [
    { offset: 3, length: 5 },
    { offset: 20, length: 10 },
  ];
  return { type: 'patch', lineage, version, segments, delta: { encoding: 'float32', values: vector(15) } };
}

describe('the versions that a fleet shares', () => {
  it('have the same bits as those of a gateway with its own memory', () => {
    const start = snapshot(2);
    const models = new SharedModels();
    let [shared, own] = [runSync(models.fromSnapshot(start)), runSync(ownMemory.fromSnapshot(start))];
    for (let version = 3; version < 20; version++) {
      const next = patch(version);
      shared = runSync(models.next(shared, next, 10));
      own = runSync(ownMemory.next(own, next, 10));
      assert.deepEqual(shared.parameters, own.parameters);
      assert.deepEqual(shared.average, own.average);
    }
  });

  it('are made once for all followers and never change', () => {
    const start = snapshot(0);
    const models = new SharedModels();
    const [a, b] = [
      runSync(models.fromSnapshot(start)),
      runSync(models.fromSnapshot({ ...start, parameters: start.parameters.slice() })),
    ];
    assert.equal(a.parameters, b.parameters);
    const before = a.parameters.slice();
    const next = patch(1);
    const [nextA, nextB] = [runSync(models.next(a, next, 10)), runSync(models.next(b, next, 10))];
    assert.equal(nextA.parameters, nextB.parameters);
    assert.equal(nextA.average, nextB.average);
    assert.deepEqual(a.parameters, before);
    assert.notDeepEqual(nextA.parameters, before);
  });

  it('are the same whether they come as patches or as a snapshot', () => {
    const models = new SharedModels();
    const patched = runSync(models.next(runSync(models.fromSnapshot(snapshot(0))), patch(1), 10));
    const whole = runSync(models.fromSnapshot({ ...snapshot(1), ...patched }));
    assert.equal(whole.parameters, patched.parameters);
  });

  it('differ if their contents differ, even if their numbers are equal', () => {
    const models = new SharedModels();
    const [a, b] = [runSync(models.fromSnapshot(snapshot(5))), runSync(models.fromSnapshot(snapshot(5)))];
    assert.notDeepEqual(a.parameters, b.parameters);
    const [one, other] = [patch(6), patch(6)];
    assert.notDeepEqual(
      runSync(models.next(a, one, 10)).parameters,
      runSync(models.next(a, other, 10)).parameters,
    );
  });
});

describe('the shared decoder', () => {
  it('decodes the bytes of a message once, and refuses invalid bytes each time', () => {
    const decode = sharedDecoder();
    const bytes = encodeMessage({ federation: 'f', sender: 's', sequence: 1 }, patch(1));
    assert.equal(decode(bytes), decode(bytes));
    assert.notEqual(decode(bytes), decode(bytes.slice()));
    const noise = Uint8Array.of(1, 2, 3);
    assert.throws(() => decode(noise));
    assert.throws(() => decode(noise));
  });
});
