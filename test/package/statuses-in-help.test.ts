import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoordinatorNeed } from '../../gateway/coordinator';
import type { ParticipantNeed } from '../../gateway/participant';
import { root } from '../support/source-files';

const languages = ['en-US', 'de', 'fr', 'es', 'ja', 'zh-CN'];

/** Causes of waits of a role; the build fails if one is forgotten. */
const ofParticipant: Readonly<Record<ParticipantNeed, string>> = {
  broker: 'no-broker',
  task: 'no-task',
  model: 'no-model',
  grant: 'no-grant',
  coordinator: 'no-coordinator',
  aggregation: 'no-aggregation',
  samples: 'no-samples',
  labels: 'no-labels',
  'other-labels': 'no-other-labels',
};
const ofCoordinator: Readonly<Record<CoordinatorNeed, string>> = {
  broker: 'no-broker',
  lease: 'no-lease',
  windows: 'warming',
  gateways: 'no-gateways',
  updates: 'no-updates',
  'usable-updates': 'no-usable-updates',
  contributions: 'no-contributions',
};

/** The statuses of a node that ask for something, or that a person may wonder about. */
const statuses: Readonly<Record<string, readonly string[]>> = {
  'ftte-train': [
    ...Object.values(ofParticipant),
    ...['collecting', 'collecting-updates', 'paused', 'budget-too-small'],
  ],
  'ftte-coordinate': [
    ...Object.values(ofCoordinator),
    ...['accuracy', 'cut-off', 'paused', 'standby', 'refused-second', 'refused-storage', 'unknown-messages'],
  ],
  'ftte-predict': ['no-broker', 'no-task', 'no-model', 'no-windows'],
  'ftte-window': ['no-task', 'no-labels', 'silent'],
};

const textOf = (node: string, language: string, extension: string) =>
  readFileSync(join(root, 'nodes', node, 'locales', language, `${node}.${extension}`), 'utf8');

const statusesOf = (node: string, language: string) =>
  (JSON.parse(textOf(node, language, 'json')) as Record<string, { status: Record<string, string> }>)[node]!
    .status;

/** The longest part of a status that is the same whatever its values are. */
function fixedPart(status: string): string {
  const parts = status
    .replace(/\{[^{}|]*\|([^{}|]*)\}/g, '$1')
    .split(/__\w+?__/)
    .map((part) =>
      part
        .replace(/\b(?:for|v)\s*$/, '')
        .replace(/[\s:,]+$/, '')
        .trim(),
    );
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

describe('the help of a node', () => {
  for (const [node, keys] of Object.entries(statuses))
    for (const language of languages)
      it(`has the statuses that the node can show: ${node} in ${language}`, () => {
        const help = textOf(node, language, 'html');
        const section = help.split(/^### (?:Status|Statut|Estado|ステータス|状态)$/m)[1] ?? '';
        const [own, shared] = [statusesOf(node, language), statusesOf('ftte-federation', language)];
        const missing = keys
          .map((key) => own[key] ?? shared[key] ?? `a text for ${key}`)
          .filter((status) => fixedPart(status) === '' || !section.includes(fixedPart(status)));
        assert.deepEqual(missing, []);
      });
});
