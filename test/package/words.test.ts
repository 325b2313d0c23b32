import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proseFiles } from '../support/prose';
import { root } from '../support/source-files';

/** Everything that the project ships, and what it is developed with. */
const places = [
  'README.md',
  'CONTRIBUTING.md',
  'docs',
  'examples',
  'gateway',
  'nodes',
  'resources',
  'bench',
  'tools',
  '.ci',
  'test',
];

/**
 * Earlier names of parts, as patterns, and the names in use. The vocabulary of docs/architecture.md defines the words. A
 * pattern that is also an English word matches it only as a name.
 */
const replaced: readonly Replaced[] = [
  { earlier: /\b[Tt]idings\b/, now: 'ParticipantNotices' },
  { earlier: /\bHearing\b/, now: 'SubscriptionGroup' },
  { earlier: /\bIntroduction\b/, now: 'HelloSender' },
  { earlier: /\b(?:SelectionGuide|GuideKeeper|guide)\b/, now: 'ImportanceScores, ScoreStore' },
  { earlier: /\b[Ss]cout\b/, now: 'WarmStart, ImportanceProfiler' },
  { earlier: /\bfoundation\b/, now: 'createComponents' },
  { earlier: /\bcreditable\b/, now: 'clampReportedWork' },
  { earlier: /\bClaimKeeper\b/, now: 'CoordinatorLease' },
  { earlier: /\b[Rr]ivals?\b|\bvacant\b/, now: 'competitor' },
  { earlier: /\b(?:VersionLine|goBack|skipTo)\b/, now: 'UpdatePipeline, rollback, renumber' },
  { earlier: /\bVersionTeller\b/, now: 'VersionPublisher' },
  { earlier: /\b(?:class|new|:) Ledger\b|\b[Vv]ault\b/, now: 'ModelStore, FileStore' },
  { earlier: /\bModelRecord\b/, now: 'CoordinatorState' },
  { earlier: /\bWeighing\b/, now: 'ContributionWeight' },
  { earlier: /\b(?:class|new|type \{?) ?Direction\b/, now: 'PseudoGradient' },
  { earlier: /\bWish\b/, now: 'RoundRequest' },
  { earlier: /\b(?:LocalRounds|RoundSchedule)\b/, now: 'RoundScheduler, RoundRunner' },
  { earlier: /\bRoundPace\b/, now: 'operationsLimit, in CurrentPlan' },
  { earlier: /\bheedOlder\b/, now: 'invalidate' },
  { earlier: /\bKept(?!-Alive)[A-Z]\w*/, now: 'Persisted..., Retained...' },
  { earlier: /\b[A-Z]\w+Face\b/, now: 'the interface or the class itself' },
  { earlier: /\bclass (?:Holds|Shared)\b/, now: 'UsageCounter, RefCounted' },
  { earlier: /\b(?:whenGone|isBack)\b/, now: 'onNodeDeleted, cancelDeletion' },
  { earlier: /\bReasonsOnce\b/, now: 'NoticeCounter' },
  { earlier: /\bShortConnections\b/, now: 'LossDiagnosis' },
  { earlier: /\bTappedSession\b/, now: 'teeSession' },
  { earlier: /\bSurroundings\b|\baround: /, now: 'SimulationContext, context' },
  { earlier: /\b(?:atOnce|inTurns|SideThread)\b/, now: 'runSync, runAsync, JobWorker' },
  { earlier: /\b(?:paint|HeldGradients)\b/, now: 'fillByte, PendingGradients' },
  {
    earlier: /\bclass (?:Feed|Site|Pace|Turn)\b/,
    now: 'BatchLoader, LayerContext, YieldBudget, yieldToEventLoop',
  },
  { earlier: /\bboss\b/, now: 'coordinator' },
  { earlier: /['"\x60/]ward\b/, now: 'clinic' },
  { earlier: /\b(?:let|const) stand\b|\b(?:class|new|:) Stand\b/, now: 'harness' },
];

interface Replaced {
  readonly earlier: RegExp;
  readonly now: string;
}

const files = places.flatMap(proseFiles).filter((path) => path !== 'test/package/words.test.ts');
const texts = files.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

describe('the words of the project', () => {
  for (const { earlier, now } of replaced) {
    it(`are ${now}, not the earlier ${earlier.source}`, () => {
      const found = texts.flatMap(({ path, text }) =>
        text
          .split('\n')
          .flatMap((line, i) => (earlier.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
      );
      assert.deepEqual(found, []);
    });
  }

  it('are looked for in all sources, documents and tests', () => {
    for (const place of places)
      assert.ok(
        files.some((path) => path.startsWith(place)),
        place,
      );
  });
});
