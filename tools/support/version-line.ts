import type { VersionReport } from '../../gateway';
import type { FlowNode } from './demonstration';

/**
 * A version in one line of text, which names the federation if the flows have coordinators of several.
 * @param payload a report; undefined is returned for anything else
 * @param coordinator id of the node that sent it
 */
export function versionLine(
  payload: unknown,
  coordinator: string,
  flows: readonly FlowNode[],
): string | undefined {
  const report = payload as VersionReport;
  if (typeof report?.version !== 'number') return undefined;
  const from = report.contributions.map((item) => `${item.gateway} (age ${item.age})`).join(', ');
  const sent = from === '' ? '' : `, ${report.updateBytes} bytes from ${from}`;
  return `${nameOf(coordinator, flows)}version ${report.version}: ${scoreOf(report)}${sent}`;
}

function nameOf(coordinator: string, flows: readonly FlowNode[]): string {
  const coordinators = flows.filter(({ type, d }) => type === 'ftte-coordinate' && d !== true);
  if (coordinators.length < 2) return '';
  const id = coordinators.find((node) => node.id === coordinator)?.['federation'];
  const federation = flows.find((node) => node.id === id)?.['federation'];
  return typeof federation === 'string' ? `${federation}: ` : '';
}

function scoreOf({ average, federated }: VersionReport): string {
  if (average?.balancedAccuracy !== undefined)
    return `balanced accuracy ${average.balancedAccuracy.toFixed(3)} (chance ${average.chance?.toFixed(2)})`;
  if (average?.meanAbsoluteError !== undefined) return `mean error ${average.meanAbsoluteError.toFixed(3)}`;
  if (federated?.balancedAccuracy !== undefined) {
    const { balancedAccuracy, gateways, to } = federated;
    return `balanced accuracy ${balancedAccuracy.toFixed(3)} on windows that gateways hold out (${gateways} of them, up to version ${to})`;
  }
  // There are no held-out windows, or the next version came before it was measured on them.
  return 'not measured on held-out windows';
}
