import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const python = process.env['FTTE_PYTHON'] ?? 'python3';

/** The reason why there is no oracle in Python; empty if there is one. */
export const withoutPython = (() => {
  const { status } = spawnSync(python, ['-c', 'import pycose, cbor2, cryptography']);
  return status === 0 ? '' : ' (skipped: needs python3, or FTTE_PYTHON, with pycose, cbor2 and cryptography)';
})();

/** The answers of cose_oracle.py, one for each request. */
export function askPython<Answer>(requests: readonly object[]): Answer[] {
  const { stdout, stderr } = spawnSync(python, [join(__dirname, 'cose_oracle.py')], {
    input: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const answers = stdout.split('\n').filter(Boolean);
  if (answers.length !== requests.length) throw new Error(stderr);
  return answers.map((line) => JSON.parse(line) as Answer);
}
