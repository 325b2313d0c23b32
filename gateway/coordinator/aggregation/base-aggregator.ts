import { mostListed } from '../../masking';
import type { Resumable } from '../../platform';
import { mostCompared } from '../../task';
import { createServerOptimiser, type ServerOptimiser } from '../server-optimiser';
import type { Aggregator, BufferInput, ContributionWeight, ServerRate } from './aggregator';
import type { Contribution } from './contribution';
import { sharesOf } from './contribution-weight';
import type { PseudoGradient } from './pseudo-gradient';
import type { RuleKind, RuleSettings } from './rule-settings';
import type { StepScaling } from './steps';
import { limitWeights } from './weight-limits';

/** Largest buffer of `auto` in a fleet of usual size: beyond it FedBuff gained nothing (Nguyen 2022, section 5: K = 10). */
const usualAutomatic = 10;
/**
 * Each version goes to each gateway, so an update costs the broker as many messages as there are gateways for one place in
 * the buffer. `auto` keeps that number: with a fixed buffer what a broker carries grows with the square of the fleet.
 */
const mostGatewaysPerPlace = 50;
/** Smallest buffer of `auto` among as many gateways: a mean of two swings by points from version to version. */
const smallestAutomatic = 3;
/** Usual rate of FedAdam and FedYogi (Reddi 2021, arXiv 2003.00295). */
const usualAdaptiveRate = 0.01;

/**
 * Defaults of a rule: asynchronous, on a buffer of K contributions (FedBuff: Nguyen 2022, arXiv 2106.06639), without
 * delay compensation, with the server step of the task. A rule overrides what it does differently.
 */
export abstract class BaseAggregator<Kind extends RuleKind = RuleKind> implements Aggregator {
  abstract readonly name: Kind;
  readonly synchronous: boolean = false;

  /** @param scaling how numbers of local steps count; undefined if deltas are taken as they are */
  constructor(
    protected readonly settings: RuleSettings<Kind>,
    protected readonly scaling?: StepScaling,
  ) {}

  get maxAge(): number {
    return this.settings.maxAge;
  }

  get cohortSize(): number | undefined {
    return undefined;
  }

  get damping(): number {
    return 0;
  }

  get scalesByCoverage(): boolean {
    return false;
  }

  get serverRate(): ServerRate | undefined {
    const { server } = this.settings;
    if (server.kind === 'sgd') return undefined;
    const field = 'aggregation.server.learningRate';
    return { field, value: server.learningRate, usual: usualAdaptiveRate };
  }

  capacity(gatewaysOnline: number): number {
    const { bufferSize, masked } = this.settings;
    if (bufferSize !== 'auto') return bufferSize;
    // More than a masked sum takes would only wait for the next one, and protection that compares updates takes no more.
    const forFleet = Math.min(
      masked ? mostListed : mostCompared,
      Math.ceil(gatewaysOnline / mostGatewaysPerPlace),
    );
    const half = Math.min(Math.max(usualAutomatic, forFleet), Math.ceil(gatewaysOnline / 2));
    return Math.max(1, half, Math.min(smallestAutomatic, gatewaysOnline));
  }

  ready(waiting: readonly Contribution[], gatewaysOnline: number): number {
    const capacity = this.capacity(gatewaysOnline);
    return waiting.length >= capacity ? capacity : 0;
  }

  abstract combine(buffer: BufferInput, into: PseudoGradient): Resumable<ContributionWeight[]>;

  /** Of a rule that counts contributions alike, within the limits of weight. */
  *shares({ contributions }: BufferInput, _scratch: PseudoGradient): Resumable<readonly number[]> {
    yield;
    return sharesOf(
      limitWeights(
        contributions,
        contributions.map(() => 1),
      ),
    );
  }

  createServer(): ServerOptimiser {
    return createServerOptimiser(this.settings.server, this.damping);
  }

  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map();
  }

  restore(_arrays: ReadonlyMap<string, Float32Array>): void {}

  mark(): () => void {
    return () => undefined;
  }
}
