import type { Notice } from '../../platform';
import { type Task, taskLoss } from '../../task';
import { createAggregator } from '../aggregation';
import {
  distinguishesModels,
  type FederatedQuality,
  type Quality,
  type VersionReport,
  weightedLoss,
} from '../reports';

/** Versions after which a model should be better than guessing, and does not give one label to all windows. */
const patience = 20;

/** Versions in a row whose windows all have one label, before that is said: the first ones of a day often have. */
const patienceForLabels = 5;

/** Share of the way from guessing to perfect that an interval may reach, if it is to show that a model guesses. */
const mostReach = 1 / 3;

/** Times the usual rate above which a rate is named. */
const farAbove = 10;

type News = Omit<Notice, 'count'>;

/**
 * Finds what a person should know about versions: worse than before, one label for all, nothing learned, nothing judged.
 * `CoordinatorNotices` says it once and then counts it.
 */
export class LearningWatch {
  private before: { readonly version: number; readonly quality: Quality } | undefined;
  /** Versions in a row that gave one label to all windows, and that were no better than guessing. */
  private oneLabel = 0;
  private guessing = 0;
  /** Versions in a row that were measured on windows of one label alone. */
  private unjudged = 0;
  private isChecked = false;

  /** A sentence about a rate of the server that is far above the usual one; undefined if it is not. */
  private readonly large: string | undefined;

  constructor(private readonly task: Task) {
    const { serverRate: rate } = createAggregator(task.aggregation, task.training);
    if (rate && rate.value > farAbove * rate.usual)
      this.large = `${rate.field} is ${rate.value}, and ${rate.usual} is usual`;
  }

  /** Takes a version. @returns what is to be said about it */
  take(report: VersionReport): News[] {
    const average = report.average && distinguishesModels(report.average) ? report.average : undefined;
    const judged = { ...report, average };
    const news = [
      this.rateIsLarge(report),
      this.judgesNothing(report),
      this.worse(judged),
      this.sameLabel(judged),
      this.learnsNothing(judged),
    ];
    if (average) this.before = { version: report.version, quality: average };
    return news.filter((one) => one !== undefined);
  }

  /** The newest version, against the one before it, by more than the noise of both. */
  private worse({ version, average }: VersionReport): News | undefined {
    const { before } = this;
    if (!before || average?.balancedAccuracy === undefined) return undefined;
    const { balancedAccuracy: earlier, balancedAccuracyNoise: ofEarlier = 0 } = before.quality;
    const noise = Math.hypot(ofEarlier, average.balancedAccuracyNoise ?? 0);
    if (earlier === undefined || average.balancedAccuracy >= earlier - noise) return undefined;
    const text = `version ${version} is worse than version ${before.version} by more than noise: balanced accuracy ${two(average.balancedAccuracy)} after ${two(earlier)} on ${average.windows} held-out windows; "Roll back" of the sidebar (msg.action "rollback") goes back to the best version`;
    return { code: 'version-worse', level: 'warning', text, details: { version } };
  }

  /** Windows of one label alone judge nothing; said once for as long as it lasts. */
  private judgesNothing({ version, average, federated }: VersionReport): News | undefined {
    const quality = average ?? federated;
    if (!quality) return undefined;
    this.unjudged = distinguishesModels(quality) ? 0 : this.unjudged + 1;
    if (this.unjudged !== patienceForLabels) return undefined;
    const [label = ''] = Object.keys(quality.recalls ?? {});
    const [which, remedy] = average
      ? ['held-out windows', 'add held-out windows of the other labels']
      : ['windows that gateways hold out', 'look at what sets the labels at the gateways'];
    const text = `all ${quality.windows} ${which} have the label "${label}": they do not show whether the model knows it from others, so their accuracy means nothing and makes no version the best: ${remedy}`;
    return { code: 'held-out-one-label', level: 'warning', text, details: { version } };
  }

  private sameLabel({ version, average, federated }: VersionReport): News | undefined {
    const quality = average ?? federated;
    if (!quality) return undefined;
    const label = average ? average.onlyPrediction : federated && onlyRecognised(federated);
    this.oneLabel = label === undefined ? 0 : this.oneLabel + 1;
    if (label === undefined || this.oneLabel < patience) return undefined;
    const found = average
      ? `all ${quality.windows} held-out windows are predicted as "${label}"`
      : `of ${quality.windows} windows that gateways hold out, all of "${label}" are recognised and no others`;
    const text = `${found}, for ${this.oneLabel} versions: ${this.advice}`;
    return { code: 'one-label', level: 'warning', text, details: { version } };
  }

  private learnsNothing(report: VersionReport): News | undefined {
    const found = this.noBetterThanGuessing(report);
    if (found === undefined) return undefined;
    this.guessing = found ? this.guessing + 1 : 0;
    // The other notice says more.
    if (!found || this.guessing < patience || this.oneLabel >= patience) return undefined;
    const text = `the model is no better than guessing after ${this.guessing} versions: ${this.advice}`;
    return { code: 'no-better', level: 'warning', text, details: { version: report.version } };
  }

  /** By held-out windows, those of gateways, or the losses of gateways; undefined if none shows it. */
  private noBetterThanGuessing({ average, federated, contributions }: VersionReport): boolean | undefined {
    if (average) {
      const { balancedAccuracy, chance = 0, skill } = average;
      if (balancedAccuracy !== undefined)
        return balancedAccuracy <= chance + (average.balancedAccuracyNoise ?? 0);
      return skill === undefined ? undefined : skill <= 0;
    }
    const guesses = federated && isGuessing(federated);
    if (guesses !== undefined) return guesses;
    if (this.task.kind !== 'classification' || taskLoss(this.task) !== 'softmax-cross-entropy')
      return undefined;
    const loss = weightedLoss(contributions, 'lossBefore');
    // The loss of a model that gives all labels the same probability.
    return loss === undefined ? undefined : !(loss < Math.log(this.task.labels.length));
  }

  /** The first thing to look at. */
  private get advice(): string {
    const { large } = this;
    if (large) return `${large}: it is probably too large`;
    const rate = this.task.training.learningRate;
    const own = rate === 'auto' ? '' : `, training.learningRate (${rate}; "auto" chooses one)`;
    return `check the labels, centre and spread of the channels${own}`;
  }

  /** Said before anything is lost: each coordinate of a step of such a server is about as long as the rate. */
  private rateIsLarge({ version }: VersionReport): News | undefined {
    const { large } = this;
    if (this.isChecked || !large) return undefined;
    this.isChecked = true;
    const text = `${large}: a version moves each parameter by about as much, and a model hardly learns with such steps`;
    return { code: 'rate-large', level: 'warning', text, details: { version } };
  }
}

/**
 * Whether the interval of what gateways measure holds guessing, and hardly more. Undefined if that is not known: few windows
 * make a wide interval, and it holds guessing whatever the model knows. With one label there is nothing to guess.
 */
function isGuessing(quality: FederatedQuality): boolean | undefined {
  const { interval, chance } = quality;
  if (!interval || chance === undefined || !distinguishesModels(quality)) return undefined;
  const [low, high] = interval;
  if (low > chance) return false;
  return high <= chance + mostReach * (1 - chance) ? true : undefined;
}

/** The label whose windows are all recognised while those of all others are not, by enough windows; undefined: none. */
function onlyRecognised(quality: FederatedQuality): string | undefined {
  const { recalls = {} } = quality;
  if (!isGuessing(quality)) return undefined;
  const known = Object.entries(recalls).filter(([, recall]) => recall > 0);
  return known.length === 1 && known[0]![1] === 1 ? known[0]![0] : undefined;
}

const two = (share: number) => share.toFixed(2);
