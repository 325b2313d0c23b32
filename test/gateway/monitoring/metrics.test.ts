import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoordinatorStatus } from '../../../gateway/coordinator';
import {
  coordinatorHealth,
  gatewayHealth,
  metrics,
  metricsText,
  type RoleReading,
} from '../../../gateway/monitoring';
import type { ParticipantStatus } from '../../../gateway/participant';
import { readExposition } from '../../support/exposition';
import { root } from '../../support/source-files';
import { coordinatorStatus, gatewayStatus, readings } from './readings';

const minute = 60_000;

describe('metrics for Prometheus', () => {
  it('are in the text format, each with its values, and no gateway is named', () => {
    const text = metricsText(readings(), { nowMs: 0 });
    const families = readExposition(text);
    const value = (sample: string) =>
      families.get(/^\w+?(?=_(bucket|sum|count)|\{|$)/.exec(sample)?.[0] ?? '')?.values.get(sample);
    const of = 'federation="f"';
    assert.equal(value(`ftte_coordinator_model_version{${of}}`), 7);
    assert.equal(value(`ftte_coordinator_versions_total{${of},cause="full"}`), 1);
    assert.equal(value(`ftte_coordinator_versions_total{${of},cause="max-wait"}`), 0);
    assert.equal(value(`ftte_coordinator_contributions_total{${of},outcome="too-old"}`), 2);
    assert.equal(value(`ftte_coordinator_balanced_accuracy_ratio{${of},source="average"}`), 0.75);
    assert.equal(value(`ftte_coordinator_notices_total{${of},code="update-rejected",level="warning"}`), 2);
    assert.equal(value(`ftte_coordinator_version_duration_seconds_bucket{${of},le="5"}`), 1);
    assert.equal(value(`ftte_coordinator_version_duration_seconds_bucket{${of},le="+Inf"}`), 2);
    assert.equal(value(`ftte_coordinator_version_duration_seconds_sum{${of}}`), 100_002.5);
    assert.doesNotMatch(text, /gateway="|b2|"one"|"two"/);
  });

  it('of several gateways in one process are sums, means, or the worst', () => {
    const families = readExposition(metricsText(readings(), { nowMs: 0 }));
    const value = (name: string, labels = '') =>
      families.get(name)?.values.get(`${name}{federation="f"${labels}}`);
    assert.equal(value('ftte_gateway_samples'), 20);
    assert.equal(value('ftte_gateway_model_version'), 5);
    assert.equal(value('ftte_gateway_round_loss', ',moment="before"'), 3);
    assert.equal(value('ftte_gateway_training_memory_bytes'), 5000);
    assert.equal(value('ftte_gateway_phase', ',phase="collecting"'), 2);
  });

  it('name gateways if that is asked for, whatever their ids hold, and then have a value of each metric', () => {
    const text = metricsText(readings(), { nowMs: 0, byGateway: true });
    const families = readExposition(text);
    assert.deepEqual([...families.keys()], Object.keys(metrics));
    const name = 'ftte_coordinator_gateway_contributions_total';
    assert.equal(families.get(name)?.values.get(`${name}{federation="f",gateway="b\\"1\\\\\\n"}`), 4);
    const samples = families.get('ftte_gateway_samples')?.values;
    assert.equal(samples?.get('ftte_gateway_samples{federation="f",gateway="two"}'), 10);
  });

  it('of a large fleet name 500 gateways at most', () => {
    const gateways = Array.from({ length: 2000 }, (_, i) => ({
      ...{ id: `g${i}`, online: true, budgetBytes: 1, contributions: 1, lastHeardMs: 1 },
    }));
    const role = { ...readings()[0], status: coordinatorStatus({ gateways }) } as RoleReading;
    const families = readExposition(metricsText([role], { nowMs: 0, byGateway: true }));
    assert.equal(families.get('ftte_coordinator_gateway_online')?.values.size, 500);
    const online = families.get('ftte_coordinator_gateways_online')?.values;
    assert.equal(online?.get('ftte_coordinator_gateways_online{federation="f"}'), 2000);
  });

  it('have no quality of a lineage that has ended', () => {
    const [hub] = readings();
    const role = { ...hub, status: coordinatorStatus({ lineage: 'b' }) } as RoleReading;
    const families = readExposition(metricsText([role], { nowMs: 0 }));
    assert.equal(families.get('ftte_coordinator_balanced_accuracy_ratio'), undefined);
    assert.ok(families.has('ftte_coordinator_versions_total'));
  });

  it('are accepted by promtool', function () {
    const input = metricsText(readings(), { nowMs: 0, byGateway: true });
    const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    // Debian's package of it has 19 MB.
    if (error) return this.skip();
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  it('are all in docs/guides/operations.md, with no other', () => {
    const page = readFileSync(join(root, 'docs', 'guides', 'operations.md'), 'utf8');
    const named = [...page.matchAll(/^\| `(ftte_\w+)`/gm)].map(([, name]) => name);
    assert.deepEqual(named, Object.keys(metrics));
  });
});

describe('the health of a role', () => {
  const cases: readonly [string, Partial<CoordinatorStatus>, boolean, string][] = [
    ['learns', {}, false, 'learning'],
    ['is paused', { phase: 'paused' }, false, 'paused'],
    ['waits for gateways', { waiting: { for: 'gateways', sinceMs: 0 } }, false, 'waiting-gateways'],
    [
      'has just lost its broker',
      { waiting: { for: 'broker', sinceMs: minute - 1000 } },
      false,
      'waiting-broker',
    ],
    ['has no broker', { waiting: { for: 'broker', sinceMs: 0 } }, true, 'waiting-broker'],
    [
      'gets useless updates only',
      { waiting: { for: 'usable-updates', sinceMs: 0 } },
      true,
      'waiting-usable-updates',
    ],
    ['cannot send', { unsent: 'broker-not-allowed' }, true, 'broker-not-allowed'],
    ['stays away', { phase: 'refused', problem: 'the folder' }, true, 'refused'],
    [
      'cannot trust its ledger of privacy',
      { privacy: { epsilon: 8, delta: 1e-5, spentEpsilon: 1, spentGateways: 0, problem: 'it has changed' } },
      true,
      'privacy-ledger',
    ],
  ];
  for (const [name, status, isFaulty, reason] of cases)
    it(`is judged for a coordinator that ${name}`, () => {
      const health = coordinatorHealth(coordinatorStatus(status), minute);
      assert.deepEqual([health.isFaulty, health.reason], [isFaulty, reason]);
    });

  const gatewayCases: readonly [string, Partial<ParticipantStatus>, boolean, string][] = [
    ['trains', { phase: 'training' }, false, 'learning'],
    ['has no labels', { waiting: { for: 'labels', sinceMs: 0 } }, false, 'waiting-labels'],
    ['gets no answer', { waiting: { for: 'coordinator', sinceMs: 0 } }, true, 'waiting-coordinator'],
    ['has a full disk', { trouble: 'storage' }, true, 'storage'],
    ['is paused with a full disk', { trouble: 'storage', phase: 'paused' }, false, 'paused'],
    [
      'has a task that waits for a person',
      { phase: 'refused', refusal: { kind: 'waiting', text: '' } as never },
      false,
      'task-waiting',
    ],
    ['may not take the task', { refusal: { kind: 'refused', text: 'large' } as never }, true, 'task-refused'],
    [
      'has too little memory',
      { phase: 'refused', problemCode: 'budget-too-small' },
      true,
      'budget-too-small',
    ],
  ];
  for (const [name, status, isFaulty, reason] of gatewayCases)
    it(`is judged for a gateway that ${name}`, () => {
      const health = gatewayHealth(gatewayStatus(status), minute);
      assert.deepEqual([health.isFaulty, health.reason], [isFaulty, reason]);
    });
});
