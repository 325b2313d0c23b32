import type { VersionReport } from '../../coordinator';
import type { RoundReport } from '../../participant';
import { counted } from '../../platform';

/** A version in one line: its quality, and who has contributed how many bytes. */
export function versionLine({
  version,
  average,
  current,
  federated,
  updateBytes,
  contributions,
  cause,
}: VersionReport) {
  const quality = average ?? current ?? federated;
  const error = (average ?? current)?.meanAbsoluteError;
  const measured =
    quality?.balancedAccuracy !== undefined
      ? `balanced accuracy ${quality.balancedAccuracy.toFixed(3)}`
      : error !== undefined
        ? `mean error ${error.toFixed(3)}`
        : 'not measured';
  if (cause === 'above')
    return `version ${version}: ${measured}, with the newest version of the federation above`;
  const from = contributions.map(({ gateway, age }) => `${gateway} (age ${age})`).join(', ');
  return `version ${version}: ${measured}, ${updateBytes} bytes${from && ` from ${from}`}`;
}

/** A round in one line. */
export function roundLine({ round, baseVersion, samples, lossBefore, lossAfter, ...report }: RoundReport) {
  const loss = `loss ${lossBefore.toFixed(3)}, then ${lossAfter.toFixed(3)}`;
  return `round ${round} from version ${baseVersion}: ${counted(samples, 'sample')}, ${loss}, ${report.updateBytes} bytes, ${Math.ceil(report.peakBytes / 1024)} KB of memory`;
}
