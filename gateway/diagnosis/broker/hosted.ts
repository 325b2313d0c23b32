import type { BrokerCounts } from '../../transport';
import { type Finding, ok, warning } from '../report/finding';

/** Reports what the broker that this process hosts holds, and what it has refused since it started. */
export function hostedBrokerFinding(counts: BrokerCounts): Finding {
  const { clients, retained, refusedLogins, refusedTopics, refusedRetained, endedByLimit } = counts;
  const holds = `${clients} clients, ${retained} retained messages`;
  const refused = [
    [refusedLogins, 'logins'],
    [refusedTopics, 'messages or subscriptions without the right'],
    [refusedRetained, 'retained messages without room'],
    [endedByLimit, 'connections by a limit'],
  ] as const;
  const named = refused.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (named.length === 0) return ok('hosted broker', `${holds}; nothing was refused`);
  return warning(
    'hosted broker',
    `${holds}; it refused ${named.join(', ')}`,
    'look in the log of this node for login-refused, topic-refused and broker-limit: they name user and address',
  );
}
