const usualLabels = ['WALKING', 'SITTING', 'LAYING'];
const versions = Array.from({ length: 12 }, (_, i) => i + 1);
const rising = versions.map((version) => 1 - 1 / version);
const sizes = versions.map(() => 3000);
const minute = 60_000;

/**
 * An answer of the runtime to the sidebar in which every section has something to show, for tests of how it looks.
 * @param labels of the task
 * @param isStuck whether some gateways stand still
 */
export function sidebarSnapshot(labels = usualLabels, isStuck = true) {
  const nowMs = Date.now();
  const events = (['info', 'warning', 'error'] as const).map((level, i) => ({
    ...{ sequence: i + 1, timeMs: nowMs, level, count: i + 1 },
    code: ['gateway-joined', 'no-updates', 'storage'][i],
    text: ['gateway pi-1 joined; 1 is online', 'no update has come', 'cannot write state.json: ENOSPC'][i],
    ...(i === 0 && { about: 'pi-1' }),
    ...(i === 2 && { cause: 'full' }),
  }));
  const curve = {
    ...{ version: versions, timeMs: versions.map((version) => nowMs + version), accuracy: rising },
    ...{ current: rising, federated: rising, chance: rising, loss: rising, error: versions.map(() => null) },
    ...{ lossBefore: rising, lossAfter: rising, updateBytes: sizes, patchBytes: sizes, durationMs: sizes },
    online: versions,
    recalls: Object.fromEntries(
      labels.map((label, i) => [label, rising.map((value) => value / (1 + i / 10))]),
    ),
  };
  const rounds = {
    ...{
      round: versions,
      timeMs: curve.timeMs,
      baseVersion: versions,
      lossBefore: rising,
      lossAfter: rising,
    },
    ...{ samples: versions, updateBytes: sizes, durationMs: sizes },
  };
  return {
    ...{ nowMs, watchMs: 10 * minute },
    roles: [
      {
        ...{ id: 'c', kind: 'coordinator', name: '', federation: 'wearables', gateway: 'coordinator' },
        task: { name: 'wearable activity', kind: 'classification', labels, parameters: 8099 },
        look: { fill: 'red', shape: 'ring', key: 'refused-storage' },
        status: {
          ...{ phase: 'refused', version: 12, lineage: 'l', buffered: 1, bufferSize: 10, heldOut: 100 },
          ...{ missingWindows: 0, online: 2, known: 4, accepted: 1200, refused: 3 },
          protection: { kind: 'trust', stage: 'watching' },
          ...{ problem: 'cannot write state.json: ENOSPC', problemCode: 'storage' },
          problemCause: 'full',
        },
        ...{
          best: { version: 9 },
          windows: 100,
          confusion: labels.map((_, i) => labels.map((_label, k) => (i === k ? 30 : k + 1))),
          curve,
          events,
        },
        federated: {
          ...{ gateways: 3, windows: 240, balancedAccuracy: 0.91, interval: [0.88, 0.94], loss: 0.2 },
          ...{ from: 10, to: 12 },
        },
        gateways: [gateway('pi-1', nowMs, {}), ...(isStuck ? stuckGateways(nowMs) : [])],
      },
      {
        ...{ id: 'p', kind: 'participant', name: '', federation: 'wearables', gateway: 'pi-1' },
        task: { name: 'wearable activity', kind: 'classification', labels },
        look: isStuck
          ? { fill: 'yellow', shape: 'ring', key: 'no-labels', words: { time: '40 s' } }
          : { fill: 'green', shape: 'dot', key: 'collecting', words: { samples: 1020, version: 12 } },
        status: {
          ...{ phase: 'collecting', version: 12, samples: 320, rounds: 12, outbox: 1, budgetBytes: 196_608 },
          ...{ unlabelledWindows: 12, refusedWindows: 3, trainedShare: 0.3, peakBytes: 180_000 },
          labels: Object.fromEntries(labels.map((label, i) => [label, 100 + i])),
        },
        ...{ curve: rounds, events },
      },
    ],
  };
}

const stuckGateways = (nowMs: number) => [
  gateway('pi-2', nowMs, { online: false }),
  gateway('pi-3', nowMs, { quarantine: { since: 9, until: 29, times: 2 } }),
  gateway('pi-4', nowMs, { refuses: 'policy: the model has 9000 KB, allowed are 4000' }),
  gateway('pi-5', nowMs - 20 * minute, {}),
];

function gateway(id: string, timeMs: number, more: object) {
  return {
    ...{ id, online: true, budgetBytes: 196_608, contributions: 40, lastHeardMs: timeMs },
    last: {
      ...{ version: 12, timeMs, samples: 64, age: 1, bytes: 3000 },
      ...{ trainedShare: 0.3, lossBefore: 0.5, lossAfter: 0.4 },
    },
    ...more,
  };
}
