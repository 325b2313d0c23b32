import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLog } from '../../../../gateway/coordinator/storage';
import { itIsAnUpdateLog } from './update-log-contract';

describe('the log of updates in a folder', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ftte-log-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  itIsAnUpdateLog(() => ({
    open: async () => new FileLog(join(root, 'model')),
    abandon: async () => undefined,
  }));
});
