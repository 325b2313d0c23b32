import { Grants, type GrantsOptions } from '../../../../gateway/coordinator/fleet';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';

/** Grants over an invented fleet whose gateways are online unless they are in `offline`. */
export function granting(options: Partial<GrantsOptions> = {}) {
  const clock = new VirtualClock();
  const offline = new Set<string>();
  const sinceLast: string[] = [];
  const world = {
    open: true,
    concurrency: 2,
    fruitless: [] as string[],
    sent: [] as { gateway: string; id: string; follows: boolean }[],
  };
  const grants = new Grants({
    timeoutMs: 1000,
    cohorts: false,
    clock,
    random: new SeededRandom(1),
    concurrency: () => world.concurrency,
    isOnline: (gateway) => !offline.has(gateway),
    open: () => world.open,
    send: (gateway, id, { follows }) => {
      sinceLast.push(gateway);
      world.sent.push({ gateway, id, follows });
    },
    onChange: () => undefined,
    onFruitless: (gateway) => world.fruitless.push(gateway),
    limit: 100,
    ...options,
  });
  const ready = (...gateways: string[]) => {
    for (const gateway of gateways) grants.ready(gateway, { follows: false, anchor: '' });
    clock.advance(0);
  };
  /** Gateways that were granted a round since the previous call. */
  const granted = () => {
    clock.advance(0);
    return sinceLast.splice(0);
  };
  return { clock, grants, ready, granted, offline, world };
}
