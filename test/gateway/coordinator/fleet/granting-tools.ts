import { Grants, type GrantsOptions } from '../../../../gateway/coordinator/fleet';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';

/** Grants over a made-up fleet: all online, unless a test says otherwise. */
export function granting(options: Partial<GrantsOptions> = {}) {
  const clock = new VirtualClock();
  const offline = new Set<string>();
  const granted: string[] = [];
  const world = {
    open: true,
    concurrency: 2,
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
      granted.push(gateway);
      world.sent.push({ gateway, id, follows });
    },
    onChange: () => undefined,
    limit: 100,
    ...options,
  });
  const ready = (...gateways: string[]) => {
    for (const gateway of gateways) grants.ready(gateway, { follows: false, anchor: '' });
    clock.advance(0);
  };
  /** Those who were granted a round since the last call. */
  const news = () => {
    clock.advance(0);
    return granted.splice(0);
  };
  return { clock, grants, ready, news, offline, world };
}
