import type { Finding, FindingLevel } from './finding';

const marks: Readonly<Record<FindingLevel, string>> = {
  ok: 'ok     ',
  warning: 'warning',
  failed: 'FAILED ',
};
/** Letters of the longest name of a check. */
const width = 18;

/** A finding as one line of text, and a second one with what to do. */
export function findingLine({ check, level, found, advice }: Finding): string {
  const line = `${marks[level]}  ${check.padEnd(width)}  ${found}\n`;
  return advice === undefined ? line : `${line}${' '.repeat(width + 11)}→ ${advice}\n`;
}

/** All findings in one sentence. */
export function summary(findings: readonly Finding[]): string {
  const count = (level: FindingLevel) => findings.filter((finding) => finding.level === level).length;
  const [failures, warnings] = [count('failed'), count('warning')];
  if (failures > 0) return `${failures} failed, ${warnings} with a warning, of ${findings.length} checks`;
  return warnings > 0
    ? `${warnings} with a warning, of ${findings.length} checks`
    : `${findings.length} checks are ok`;
}
