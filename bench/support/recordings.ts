import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of a recording: below FTTE_DATA, or the default folder. */
export const dataFolder = (name: string) => join(process.env['FTTE_DATA'] ?? '../shared/data', name);

/** Whether the recording exists. */
export const hasData = (name: string) => existsSync(join(dataFolder(name), 'meta.json'));
