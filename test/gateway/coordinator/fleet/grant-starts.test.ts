import { deepEqual, equal, ok } from 'node:assert/strict';
import { CatchUps, type GrantedStart, GrantStarts } from '../../../../gateway/coordinator/fleet';
import { scatterAdd } from '../../../../gateway/model';
import { runSync, SeededRandom } from '../../../../gateway/platform';
import { decodeTensor, encodeTensor, versionDigest } from '../../../../gateway/wire';

const lineage = '00000000000000a1';
const size = 100_000;
const vector = (seed: number, scale: number) => {
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: size }, () => scale * (random.uniform() - 0.5));
};
const seeded = vector(1, 1);
const plus = (change: Float32Array) => seeded.map((value, i) => value + change[i]!);
const catchUps = () => new CatchUps(seeded, 'coarse', new SeededRandom(7), lineage);
const fail = (error: unknown) => {
  throw error;
};

/** The digest of what a gateway that holds `start` makes of a grant. */
function atGateway(version: number, start: Float32Array, { catchUp }: GrantedStart): string {
  const parameters = start.slice();
  scatterAdd(parameters, catchUp.segments, decodeTensor(encodeTensor(catchUp.delta)));
  return runSync(versionDigest({ lineage, version }, parameters));
}

describe('starts of granted rounds', () => {
  it('have the digest of what gateways make of them, version after version of a coarse catch-up', () => {
    const all = catchUps();
    all.to(0, seeded, '');
    for (let version = 1; version <= 3; version++) {
      const start = all.to(version, plus(vector(version, 0.1)), '');
      equal(start.catchUp.delta.encoding, 'coarse');
      equal(start.anchor, undefined);
      equal(start.digest, atGateway(version, seeded, start));
    }
  });

  it('have it from an anchor, too', () => {
    const all = catchUps();
    const warm = plus(vector(2, 0.1));
    const { anchor } = all.to(0, warm, '');
    const held = seeded.slice();
    scatterAdd(held, anchor!.fromSeed!.segments, decodeTensor(encodeTensor(anchor!.fromSeed!.delta)));
    const start = all.to(
      1,
      warm.map((value, i) => value + (i % 3 ? 0 : 0.01)),
      anchor!.id,
    );
    equal(start.digest, atGateway(1, held, start));
  });

  it('are made once, in turns, with the bits that they have without turns', async () => {
    let turns = 0;
    const turn = async () => {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    };
    const [published, average] = [plus(vector(3, 0.1)), plus(vector(4, 0.05))];
    const expected = catchUps().to(1, published, '', average);
    const starts = new GrantStarts(catchUps(), turn, fail);
    const given: GrantedStart[] = [];
    const take = (start: GrantedStart) => void given.push(start);
    const from = { version: 1, published: published.slice(), average: average.slice() };
    starts.give(from, '', take);
    starts.give(from, '', take);
    // The next version is made while this catch-up is.
    from.published.fill(9);
    from.average.fill(9);
    while (given.length < 2) await turn();
    ok(turns > 10, `${turns}`);
    equal(given[0]?.catchUp, given[1]?.catchUp);
    deepEqual(encodeTensor(given[0]!.catchUp.delta), encodeTensor(expected.catchUp.delta));
    equal(given[0]?.digest, expected.digest);
    let last: GrantedStart | undefined;
    starts.give(from, '', (start) => {
      last = start;
    });
    equal(last?.catchUp, given[0]?.catchUp);
  });

  it('without turns are given at once', () => {
    let given = false;
    const from = { version: 0, published: seeded, average: seeded };
    new GrantStarts(catchUps(), undefined, fail).give(from, '', () => {
      given = true;
    });
    ok(given);
  });
});
