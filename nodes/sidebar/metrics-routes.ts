import type { NodeAPI } from 'node-red';
import { contentType, metricsText } from '../../gateway/monitoring';
import type { Clock } from '../../gateway/platform';
import type { Monitors } from '../runtime';

/**
 * Routes for programs that watch.
 * `GET /ftte/metrics`: the metrics of all roles in the text format of Prometheus; with `?gateways=yes` ids of gateways are labels.
 * `GET /ftte/health`: 200 if every role learns or waits for something that is no fault, else 503; as JSON, each role and why.
 */
export function metricsRoutes(
  { httpAdmin, auth }: Pick<NodeAPI, 'httpAdmin' | 'auth'>,
  monitors: Pick<Monitors, 'all'>,
  clock: Clock,
): void {
  httpAdmin.get('/ftte/metrics', auth.needsPermission('ftte.read'), (request, response) => {
    const byGateway = request.query['gateways'] === 'yes';
    const roles = monitors.all.map((monitor) => monitor.reading().role);
    // Express would sort the parameters of the type.
    response.setHeader('content-type', contentType);
    response.end(metricsText(roles, { nowMs: clock.now(), byGateway }));
  });

  httpAdmin.get('/ftte/health', auth.needsPermission('ftte.read'), (_request, response) => {
    const roles = monitors.all.map((monitor) => {
      const { health, role } = monitor.reading();
      return { node: monitor.head.id, role: role.kind, federation: role.federation, ...health };
    });
    const isFaulty = roles.some((role) => role.isFaulty);
    response.status(isFaulty ? 503 : 200).json({ isFaulty, roles });
  });
}
