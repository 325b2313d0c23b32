import { counted } from '../../platform';
import { bandNorm, gaussianMu, summedNoise } from '../../privacy';
import type { GatewayPrivacy } from '../../task';

/** Fewest and most contributions of a version where a task leaves them open. */
const automatic = { least: 50, most: 100 } as const;
/** Share of the gateways that a version waits for at most: some are slow, or have nothing to train on. */
const waitedFor = 0.9;
/** Share of their size below which versions do not fall because of a separation. */
const leastOfSize = 0.5;
/** The largest number of versions over which noise is correlated, and memory for it. */
const bandLimits = { versions: 100, bytes: 64 * 1024 * 1024 } as const;

/** Noise over the farthest that updates can lead, beyond which the model suffers, and from which it learns next to nothing. */
export const noiseLimits = { costly: 0.1, destructive: 0.5 } as const;

/** Contributions of a version, and versions between two uses of a gateway. */
export interface PrivateSize {
  readonly bufferSize: number;
  readonly separation: number;
}

/**
 * The size of versions with privacy of gateways. `auto`: a tenth of the gateways, at least 50 and at most 100, so that the
 * noise is small beside the sum; but never more than there are.
 * @param gateways that may still be used
 * @param kept separation of the versions so far: it stays if that does not make versions much smaller
 */
export function privateSize(
  bufferSize: number | 'auto',
  separation: GatewayPrivacy['separation'],
  gateways: number,
  kept?: number,
): PrivateSize {
  const there = Math.max(1, Math.floor(gateways * waitedFor));
  const { least, most } = automatic;
  const wanted =
    bufferSize === 'auto' ? Math.min(most, Math.max(least, Math.ceil(gateways / 10))) : bufferSize;
  const sizeFor = (apart: number) =>
    bufferSize === 'auto' ? Math.max(1, Math.min(wanted, Math.floor(there / apart))) : bufferSize;
  if (separation !== 'auto') return { bufferSize: sizeFor(separation), separation };
  const possible = Math.min(bandLimits.versions, Math.max(1, Math.floor(there / wanted)));
  const isKept = kept !== undefined && there >= kept * Math.min(wanted, there) * leastOfSize;
  const apart = isKept ? kept : possible;
  return { bufferSize: sizeFor(apart), separation: apart };
}

/** Contributions from which a version is large enough, however many gateways there may be later. */
export const enoughContributions = automatic.least;

/** Versions over which noise is correlated, for a separation that is kept. @param parameters of the model */
export const bandFor = (separation: number, parameters: number): number =>
  Math.max(1, Math.min(separation, Math.floor(bandLimits.bytes / (8 * Math.max(1, parameters)))));

/** Deviation of the normals over the clipping norm with which a budget lasts for its contributions. */
export function gatewayNoise({ epsilon, delta, contributions }: GatewayPrivacy, band: number): number {
  const noise = (Math.sqrt(contributions) * bandNorm(band)) / gaussianMu(epsilon, delta);
  // Four digits, and never less: what is written down and shown is what is used.
  const unit = 10 ** (Math.floor(Math.log10(noise)) - 3);
  return Number((Math.ceil(noise / unit) * unit).toPrecision(4));
}

/** The expected effect of noise on a model. */
export interface ExpectedNoise extends PrivateSize {
  readonly band: number;
  /** Deviation of the normals over the clipping norm. */
  readonly noise: number;
  /** Versions until all budgets are spent. */
  readonly versions: number;
  /**
   * Norm of the noise in the model over the longest way that the versions can lead, if all updates have the clipping norm
   * and one direction. Real updates do not: it is a lower limit.
   */
  readonly noiseShare: number;
}

/** Estimates what the noise of a budget does to a model. @param parameters that are trained */
export function expectedNoise(
  privacy: GatewayPrivacy,
  bufferSize: number | 'auto',
  gateways: number,
  parameters: number,
): ExpectedNoise {
  const size = privateSize(bufferSize, privacy.separation, gateways);
  const band = bandFor(size.separation, parameters);
  const noise = gatewayNoise(privacy, band);
  const versions = Math.max(1, Math.floor((gateways * privacy.contributions) / size.bufferSize));
  const left = noise * Math.sqrt(parameters) * summedNoise(Math.min(versions, mostSummed), band).last;
  // Beyond that number, noise grows with the root of the versions.
  const noiseShare = (left * Math.sqrt(Math.max(1, versions / mostSummed))) / (size.bufferSize * versions);
  return { ...size, band, noise, versions, noiseShare };
}

/** Versions whose noise is summed one by one. */
const mostSummed = 1_000;

/** A sentence on a separation that so many gateways cannot keep; undefined: they can. */
export function separationWarning(
  { bufferSize, separation }: PrivateSize,
  gateways: number,
): string | undefined {
  const needed = bufferSize * separation;
  if (needed <= gateways) return undefined;
  return `${bufferSize} gateways in a version and ${separation} versions between two uses of one need ${needed} gateways, and there are ${gateways}: versions wait for aggregation.maxWaitMs, or do not come at all. Lower privacy.separation or aggregation.bufferSize`;
}

/** A sentence on noise that ruins or hurts a model; undefined: it does neither. */
export function noiseWarning(
  { noiseShare, bufferSize }: Pick<ExpectedNoise, 'noiseShare' | 'bufferSize'>,
  gateways: number,
): string | undefined {
  if (noiseShare < noiseLimits.costly) return undefined;
  const share = Number(noiseShare.toPrecision(2));
  const fact = `the noise for ${counted(gateways, 'gateway')} is at least ${share} of the way that their updates can lead`;
  return noiseShare >= noiseLimits.destructive
    ? `${fact}: it would destroy the model. Privacy of gateways is for hundreds of them; privacy of records (privacy.level "record") works with few`
    : `${fact} with ${bufferSize} in a version: expect a loss of accuracy. More gateways, fewer contributions of each (privacy.contributions), a smaller model or a larger epsilon reduce it`;
}
