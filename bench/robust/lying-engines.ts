import { SeededRandom } from '../../gateway/platform';
import type { Pool } from '../../gateway/simulation';
import type { Attack } from './attacks';

type Engine = Pick<Pool, 'train'>;

/** The gateways that lie: the same for every rule. */
export function attackersOf(share: number, gateways: number, seed: number): ReadonlySet<number> {
  const random = new SeededRandom(99 + seed);
  const chosen = new Set<number>();
  while (chosen.size < Math.round(share * gateways)) chosen.add(random.integer(gateways));
  return chosen;
}

/** Engines of a fleet in which some gateways lie. */
export function lyingEngines(attack: Attack, attackers: ReadonlySet<number>, labels: number) {
  const last = new Map<number, Float32Array>();
  return (client: number, pool: Engine): Engine => {
    const random = new SeededRandom(1000 + client);
    let turns = 0;
    return {
      train: async (job) => {
        const isHostile = attackers.has(client);
        const { label } = attack;
        const { samples } = job;
        const { y } = samples;
        const flipped =
          isHostile && label && y ? { ...samples, y: y.map((one) => label(one, labels)) } : samples;
        const result = await pool.train({ ...job, samples: flipped as typeof samples });
        if (!isHostile) {
          last.set(client, result.delta.slice());
          return result;
        }
        const turn = turns++;
        const knowledge = { honest: [...last.values()], random, turn };
        const delta = attack.delta?.(result.delta, knowledge) ?? result.delta;
        return { ...result, delta, ...attack.claim?.(turn) };
      },
    };
  };
}
