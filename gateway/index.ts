/** The front door: federations, simulations and tasks without Node-RED. Everything else has an entry of its own. */
export {
  type BrokerOption,
  type CoordinatorSettings,
  createCoordinator,
  type FederationCoordinator,
  type FederationMember,
  type InvitationSettings,
  joinFederation,
  type MemberSettings,
  type ReportedVersion,
  type WindowValues,
} from './client';
export type { CoordinatorStatus, VersionReport } from './coordinator';
export { createEngine, WorkerTrainer } from './engine';
export { openLayersModel, readLayersModel } from './interchange';
export { resolveModel, sizeOf } from './model';
export type { ParticipantStatus, RoundReport } from './participant';
export { type Clock, FtteError, type Log, type Notice, type Random, SeededRandom } from './platform';
export type { Prediction } from './prediction';
export { type Scenario, type ScenarioInput, type ScenarioResult, simulate } from './simulation';
export { CsvSource, RecordingSource, Windower } from './stream';
export { modelKey, parseTask, type Task, type TaskInput } from './task';
export { decodeMessage, encodeMessage } from './wire';
