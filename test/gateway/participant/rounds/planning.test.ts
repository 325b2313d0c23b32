import assert from 'node:assert/strict';
import {
  choosePlan,
  type ParticipantPhase,
  type PlanQuestion,
  rememberingChooser,
} from '../../../../gateway/participant';
import { FtteError } from '../../../../gateway/platform';
import { type PlanRequest, type Selection, selectPlan } from '../../../../gateway/selection';
import { notices, ParticipantHarness, problems, trainOnce } from '../harness';
import { parametersOf, secondLineage, settled, tinySamples, tinyTask, until } from '../tools';

/** Makes plans when the test says so, like a planner in a thread. */
class SlowPlanner {
  readonly asked: { question: PlanQuestion; give: () => void; refuse: (error: Error) => void }[] = [];
  readonly choose = (...question: PlanQuestion): Promise<Selection> =>
    new Promise((resolve, reject) => {
      this.asked.push({ question, give: () => resolve(choosePlan(...question)), refuse: reject });
    });
}

describe('a participant whose plans are made elsewhere', () => {
  let harness: ParticipantHarness;
  let planner: SlowPlanner;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
    planner = new SlowPlanner();
  });
  afterEach(() => harness.remove());

  const ready = (options = {}) => harness.ready({ choosePlan: planner.choose, ...options });

  it('reports that it plans, and begins the due round only when the plan is there', async () => {
    const { participant } = await ready({ trigger: { newWindows: 8, intervalMs: 0 } });
    const phases: ParticipantPhase[] = [];
    participant.on('status', ({ phase }) => phases.push(phase));
    assert.equal(participant.status.phase, 'planning');
    assert.equal(participant.trainNow(), 'not-ready');
    await settled();
    assert.equal(participant.status.rounds, 0);
    const round = participant.next('round');
    planner.asked[0]?.give();
    const { trainedShare } = await round;
    assert.equal(trainedShare, 1);
    assert.equal(phases[0], 'training');
    assert.equal(planner.asked.length, 1);
  });

  it('uses no plan of an earlier request, whatever the order of the answers', async () => {
    const { participant } = await ready();
    participant.setBudget(800_000);
    participant.setBudget(900_000);
    const [first, second, last] = planner.asked;
    second?.give();
    await settled();
    assert.equal(participant.status.phase, 'planning');
    last?.give();
    await settled();
    assert.equal(participant.status.phase, 'collecting');
    first?.refuse(new FtteError('budget-too-small', 'of an earlier budget'));
    await settled();
    assert.equal(participant.status.phase, 'collecting');
    assert.equal((await trainOnce(participant)).budgetBytes, 900_000);
  });

  it('drops the plan of a task that has changed meanwhile', async () => {
    const received: Error[] = [];
    const { participant } = await ready();
    participant.on('problem', (error) => received.push(error));
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 2 }] as const;
    await harness.coordinator.restart(secondLineage, tinyTask({ model: { layers: [...layers] } }));
    await until(() => planner.asked.length === 2, 'a plan for the new task');
    harness.clock.advance(1000);
    planner.asked[0]?.give();
    await until(() => participant.status.phase === 'planning', 'the new model');
    planner.asked[1]?.give();
    await settled();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    assert.equal(
      harness.coordinator.updates[0]?.delta.values.length,
      parametersOf(harness.coordinator.task).length,
    );
    assert.deepEqual(received, []);
  });

  it('is refused with the reason of the plan, and continues with a larger budget', async () => {
    const { participant } = await ready();
    const received = problems(participant);
    planner.asked[0]?.refuse(new FtteError('budget-too-small', 'too small by 10 bytes'));
    await settled();
    assert.equal(participant.status.phase, 'refused');
    assert.match(participant.status.problem ?? '', /too small by 10/);
    assert.equal(received.length, 1);
    participant.setBudget(2 ** 21);
    assert.equal(participant.status.phase, 'planning');
    planner.asked[1]?.give();
    await settled();
    assert.equal(participant.status.phase, 'collecting');
  });

  it('stops cleanly while a plan is made, whose outcome then has no effect', async () => {
    for (const end of ['give', 'refuse'] as const) {
      const { participant } = await ready({ trigger: { newWindows: 8, intervalMs: 0 } });
      const [received, told] = [problems(participant), notices(participant)];
      await participant.stop();
      const states: unknown[] = [];
      participant.on('status', (state) => states.push(state));
      planner.asked.pop()?.[end](new FtteError('engine-crashed', 'gone'));
      await settled();
      assert.deepEqual([participant.status.phase, states, received, told], ['stopped', [], [], []]);
    }
  });

  it('begins a granted round once its plan is there, from what the grant brought', async () => {
    const task = tinyTask({ aggregation: { participation: { kind: 'granted' } } });
    const { coordinator } = harness;
    coordinator.task = task;
    await coordinator.publishTask();
    const made = harness.make({ choosePlan: planner.choose });
    made.transport.open();
    await made.follower.start();
    await made.participant.start();
    for (const sample of tinySamples(8)) made.participant.add(sample);
    planner.asked.at(-1)?.give();
    await settled();
    assert.equal(made.participant.trainNow(), 'asked');
    await until(() => coordinator.readies.length === 1, 'a ready');
    made.participant.setBudget(900_000);
    const segments = [{ offset: 0, length: 3 }];
    const delta = { encoding: 'float32' as const, values: new Float32Array(3).fill(0.5) };
    await coordinator.grant('gw', '0'.repeat(15) + '1', { catchUp: { segments, delta } });
    await settled();
    assert.notEqual(made.participant.status.phase, 'training');
    const round = made.participant.next('round');
    planner.asked.at(-1)?.give();
    assert.equal((await round).budgetBytes, 900_000);
    assert.equal(coordinator.readies.length, 1, 'the grant was not returned');
  });

  it('makes a plan once for all versions if a strategy draws again for each version', async () => {
    const requests: PlanRequest[] = [];
    const make = async (request: PlanRequest) => {
      requests.push(request);
      return selectPlan({ ...request, parameters: parametersOf(harness.coordinator.task) });
    };
    harness.coordinator.task = tinyTask({ selection: { strategy: 'dynamic' } });
    await harness.coordinator.publishTask();
    const { participant } = await harness.ready({ choosePlan: rememberingChooser(make), budgetBytes: 1600 });
    await until(() => participant.status.phase === 'collecting', 'a plan');
    for (let version = 0; version < 3; version++) {
      await trainOnce(participant);
      await until(() => harness.coordinator.updates.length === version + 1, 'an update');
      await harness.coordinator.publish(0.01);
      await until(() => participant.status.version === version + 1, 'the next version');
    }
    assert.equal(requests.length, 1);
    const wanted = harness.coordinator.updates.map(({ baseVersion, plan }) => [
      plan,
      choosePlan(harness.coordinator.task, requests[0]!.model, 1600, baseVersion).plan,
    ]);
    for (const [got, expected] of wanted) assert.deepEqual(got, expected);
  });
});
