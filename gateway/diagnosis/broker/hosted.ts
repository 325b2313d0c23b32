import type { BrokerCounts } from '../../transport';
import { type Finding, found, ok, warning } from '../report/finding';

/** Reports what the broker that this process hosts holds, and what it has refused since it started. */
export function hostedBrokerFinding(counts: BrokerCounts): Finding {
  const { clients, retained, refusedLogins, refusedTopics, refusedRetained, endedByLimit } = counts;
  if (refusedLogins + refusedTopics + refusedRetained + endedByLimit === 0)
    return ok('hosted broker', found('hosted', { clients, retained }));
  const refused = {
    logins: refusedLogins,
    topics: refusedTopics,
    unkept: refusedRetained,
    limits: endedByLimit,
  };
  return warning('hosted broker', found('hosted-refused', { clients, retained, ...refused }), 'hosted');
}
