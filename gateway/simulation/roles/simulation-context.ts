import type { MemoryReport, ProgramRequest } from '../../engine';
import type { PlanChooser, PrivacyAccount } from '../../participant';
import type { Task } from '../../task';
import type { decodeMessage } from '../../wire';
import type { Examples } from '../data/examples';
import type { WarmStart } from '../data/warm-start';
import type { Fleet } from '../fleet/fleet';
import type { LinkSpeed, SimulatedNetwork } from '../network/network';
import type { Pool } from '../pool/pool';
import type { Scenario } from '../scenario/scenario-schema';
import type { VirtualLoop } from '../time/virtual-loop';
import type { SharedEvaluator } from './shared-evaluator';
import type { SharedModels } from './shared-model';

/** Everything that the clients and the coordinator of a run share. */
export interface SimulationContext {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly examples: Examples;
  readonly fleet: Fleet;
  /** Samples that the coordinator trains on before the gateways do; undefined without a warm start. */
  readonly warmStart: WarmStart | undefined;
  readonly seed: number;
  readonly federation: string;
  readonly loop: VirtualLoop;
  readonly network: SimulatedNetwork;
  /** Speed of a gateway's link. */
  readonly speed: LinkSpeed;
  readonly pool: Pool;
  /** The engine that a gateway trains with. */
  readonly engineOf: (client: number, pool: Pick<Pool, 'train'>) => Pick<Pool, 'train'>;
  readonly models: SharedModels;
  /** Measures held-out windows of clients; undefined if they hold none out as the train node does. */
  readonly evaluator: SharedEvaluator | undefined;
  readonly decode: typeof decodeMessage;
  readonly choosePlan: PlanChooser;
  /** Answers about privacy budgets, which are the same for gateways with as many samples. */
  readonly account: PrivacyAccount;
  readonly memoryOf: (request: ProgramRequest) => MemoryReport;
  readonly onProblem: (text: string) => void;
}
