import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { protocolVersion } from '../../wire';
import { type Finding, failed, found, ok, warning } from '../report/finding';

const oldestNode = 20;
/** Free memory below which training with a usual budget may end the process, bytes. */
const littleBytes = 64 * 1024 * 1024;

/** The versions that a report of a fault needs. @param nodeRed undefined outside of Node-RED */
export function checkVersions(nodeRed: string | undefined): Finding {
  const programs = [
    `Node.js ${process.versions.node}`,
    ...(nodeRed === undefined ? [] : [`Node-RED ${nodeRed}`]),
    `${process.platform} ${process.arch}`,
  ].join(', ');
  const result = found('versions', {
    package: packageVersion(),
    protocol: String(protocolVersion),
    programs,
  });
  return Number.parseInt(process.versions.node, 10) < oldestNode
    ? failed('versions', result, 'node')
    : ok('versions', result);
}

/** Whether there is memory to train in. */
export function checkMemory(): Finding {
  const megabytes = (bytes: number) => Math.floor(bytes / 1024 / 1024);
  const free = availableBytes();
  const result = found('memory', {
    free: megabytes(free),
    total: megabytes(totalmem()),
    heap: megabytes(getHeapStatistics().heap_size_limit),
  });
  return free >= littleBytes ? ok('memory', result) : warning('memory', result, 'memory');
}

/** Free memory counts neither files in memory nor the limit of a container; newer versions of Node.js know both. */
function availableBytes(): number {
  const { availableMemory } = process as { availableMemory?: () => number };
  return availableMemory ? availableMemory.call(process) : freemem();
}

/** The version in the package.json of this package, which lies above source and build alike. */
export function packageVersion(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (name === '@ftte/node-red-ftte') return String(version);
    } catch {
      // There is none here.
    }
  }
  return 'unknown';
}
