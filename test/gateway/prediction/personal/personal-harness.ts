import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import {
  densePlan,
  initialParameters,
  parameterLayout,
  planSegments,
  scatterAdd,
} from '../../../../gateway/model';
import { ModelFollower } from '../../../../gateway/participant';
import { type Log, SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { PersonalModel, type PersonalModelOptions, Predictor } from '../../../../gateway/prediction';
import { selectPlan } from '../../../../gateway/selection';
import { TransportSession } from '../../../../gateway/session';
import { type Sample, SampleStore } from '../../../../gateway/stream';
import { type Task, taskModel } from '../../../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../../../gateway/transport';
import { federation, ScriptedCoordinator, tinySamples, tinyTask, until } from '../../participant/tools';

/** Windows and labels of a person. */
export type Person = readonly (Sample & { readonly label: number })[];

const labelled = (count: number, seed: number) => tinySamples(count, seed) as Person;

/** A person like everybody else. */
export const usualPerson = (count: number, seed = 1): Person => labelled(count, seed);

/** A person for whom the labels mean the opposite. */
export const otherPerson = (count: number, seed = 1): Person =>
  labelled(count, seed).map(({ window, label }) => ({ window, label: 1 - label }));

/** A person whose labels are drawn by chance. */
export function randomPerson(count: number, seed = 1): Person {
  const random = new SeededRandom(seed);
  return labelled(count, seed).map(({ window }) => ({ window, label: random.integer(2) }));
}

/** Parameters that everybody together has trained. */
export function sharedParameters(task: Task): Float32Array {
  const model = taskModel(task);
  const layout = parameterLayout(model);
  const plan = densePlan(layout, 4);
  const program = createEngine().compile({ model, plan, optimiser: task.training.optimiser, batchSize: 4 });
  const parameters = initialParameters(model, task.seed);
  program.loadParameters(parameters);
  const people = usualPerson(200, 99);
  const x = new Float32Array(people.flatMap(({ window }) => [...window]));
  const y = Uint16Array.from(people, ({ label }) => label);
  const { delta } = program.train({ x, y, count: people.length }, { epochs: 6, learningRate: 0.02, seed: 1 });
  scatterAdd(parameters, planSegments(layout, plan), delta);
  return parameters;
}

/** A gateway that predicts, with a model of its own, and a coordinator. */
export class PersonalHarness {
  readonly clock = new VirtualClock(1_000_000);
  readonly broker = new MemoryBroker();
  readonly task = tinyTask();
  readonly store = new SampleStore({ capacity: 512, random: new SeededRandom(3) });
  readonly lines: string[] = [];
  readonly coordinator = new ScriptedCoordinator(this.broker, this.clock, this.task);
  readonly transport = new MemoryTransport(this.broker, { client: 'gw' });
  /** Messages that the gateway has published. */
  published = 0;
  follower!: ModelFollower;
  personal!: PersonalModel;
  predictor!: Predictor;
  private readonly log: Log = {
    info: (text) => this.lines.push(text),
    warn: (text) => this.lines.push(text),
    error: (text) => this.lines.push(text),
  };
  private readonly session = new TransportSession({
    transport: this.transport,
    federation,
    id: 'gw',
    clock: this.clock,
    random: new SeededRandom(1),
  });

  async start(options: Partial<PersonalModelOptions> = {}): Promise<this> {
    this.coordinator.parameters = sharedParameters(this.task);
    this.coordinator.average = this.coordinator.parameters.slice();
    await this.coordinator.start();
    const publish = this.transport.publish.bind(this.transport);
    this.transport.publish = (...message) => {
      this.published++;
      return publish(...message);
    };
    this.transport.open();
    await this.join(options);
    return this;
  }

  /** A new process on the same machine, with the same samples. */
  async restart(options: Partial<PersonalModelOptions> = {}): Promise<void> {
    await this.stop();
    await this.join(options);
  }

  private async join(options: Partial<PersonalModelOptions>): Promise<void> {
    const { clock, log, session } = this;
    this.follower = new ModelFollower({ session, clock, random: new SeededRandom(2) });
    this.personal = new PersonalModel({
      follower: this.follower,
      use: 'average',
      samples: () => this.store,
      createTrainer: () => new InlineTrainer(createEngine(), clock),
      choosePlan: (request) =>
        selectPlan({ ...request, parameters: initialParameters(request.model, request.seed ?? 0) }),
      budgetBytes: () => 1024 * 1024,
      clock,
      random: new SeededRandom(4),
      log,
      ...options,
    });
    const trainer = new InlineTrainer(createEngine(), clock);
    this.predictor = new Predictor({ follower: this.follower, trainer, personal: this.personal });
    this.predictor.start();
    await this.follower.start();
    await until(() => this.clock.nextDue !== undefined, 'a request for the model');
    clock.advance(1000);
    await until(() => this.predictor.serving !== undefined, 'a model');
    this.store.fit(this.task);
    await this.personal.start();
  }

  /** Stores windows, and lets the gateway look at them. */
  async learn(person: Person): Promise<void> {
    for (const sample of person) this.store.add(sample);
    await this.look();
  }

  /** Lets the time pass after which the gateway looks for what is due. */
  async look(): Promise<void> {
    this.clock.advance(60_000);
    await this.idle();
  }

  /** Resolves when nothing is being adapted, and the predictor has the result. */
  async idle(): Promise<void> {
    await this.personal.idle();
    await this.predictor.idle();
  }

  /** Share of the windows whose label is right. */
  async accuracy(person: Person): Promise<number> {
    let right = 0;
    for (const { window, label } of person) {
      const answer = await this.predictor.predict(window);
      if (answer.kind === 'classification' && answer.labelIndex === label) right++;
    }
    return right / person.length;
  }

  /** The model that answers. */
  async answering(): Promise<string> {
    const answer = await this.predictor.predict(usualPerson(1)[0]!.window);
    return answer.kind === 'classification' ? answer.model : '';
  }

  async stop(): Promise<void> {
    await this.predictor.stop();
    await this.personal.stop();
    await this.follower.stop();
  }
}
