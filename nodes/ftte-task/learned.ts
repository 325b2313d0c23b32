import {
  proposeTask,
  type StreamFigures,
  type SurveyResult,
  type TaskProposal,
  type UnreadKind,
} from '../../gateway/stream';

/** The content of messages or of a file, for the dialog, and the task that it suggests. */
export interface Learned {
  readonly readings: number;
  readonly seconds: number | null;
  readonly rateHz: number | null;
  readonly channels: readonly {
    readonly name: string;
    readonly least: number;
    readonly most: number;
    /** Share of its values that are missing, 0 to 1. */
    readonly missing: number;
    /** Texts of a channel of categories. */
    readonly texts?: readonly string[];
    /** Whether it is in the proposal. */
    readonly used: boolean;
  }[];
  readonly labels: readonly { readonly label: string; readonly readings: number }[];
  /** Share of the readings that have a label, 0 to 1. */
  readonly labelled: number;
  readonly proposal: TaskProposal;
  /** Remarks, as keys of the dialog's words with their values. */
  readonly notes: readonly Remark[];
}

/** A sentence of the dialog: its key, and the values in it. */
export interface Remark {
  readonly key: string;
  readonly words?: Readonly<Record<string, string | number>>;
}

/** Nothing could be learned, and why. */
export interface Unlearned {
  readonly problem: Remark;
}

/** Channels and labels that are shown. */
const mostShown = 64;
/** A label that has less than this share of the readings of the commonest one is rare. */
const rareShare = 0.1;

/** The result of listening to messages. @param seconds for which they were listened to */
export function learnedFromMessages(result: SurveyResult, seconds: number): Learned | Unlearned {
  const { messages, unread, figures, labelled, labelRun, nested, isCut } = result;
  const kinds = Object.entries(unread) as [UnreadKind, number][];
  const learned = learnedOf(figures, labelled, labelRun);
  if (learned) {
    const notes: Remark[] = [...learned.notes];
    for (const [kind, count] of kinds) notes.push({ key: `skipped.${kind}`, words: { count } });
    if (nested.length > 0) notes.push({ key: 'nested', words: { names: nested.join(', ') } });
    if (isCut) notes.push({ key: 'cut' });
    return { ...learned, notes };
  }
  if (messages === 0) return { problem: { key: 'nothing', words: { seconds } } };
  if (nested.length > 0) return { problem: { key: 'nested', words: { names: nested.join(', ') } } };
  const [kind = 'no-numbers'] = kinds.sort(([, a], [, b]) => b - a)[0] ?? [];
  return { problem: { key: kind, words: { count: messages } } };
}

/** The content of a stream; undefined if no channel has a value. */
export function learnedOf(figures: StreamFigures, labelled: number, labelRun?: number): Learned | undefined {
  const proposal = proposeTask(figures, labelRun);
  if (!proposal) return undefined;
  const used = new Set(proposal.input.channels.map(({ name }) => name));
  const labels = Object.entries(figures.labels).map(([label, readings]) => ({ label, readings }));
  return {
    readings: figures.readings,
    seconds: figures.seconds ?? null,
    rateHz: figures.rateHz ?? null,
    channels: figures.channels.slice(0, mostShown).map(({ name, least, most, values, missing, texts }) => ({
      name,
      least,
      most,
      missing: missing / Math.max(1, values + missing),
      ...(texts && { texts: Object.keys(texts).slice(0, mostShown) }),
      used: used.has(name),
    })),
    labels: labels.slice(0, mostShown),
    labelled: labelled / Math.max(1, figures.readings),
    proposal,
    notes: notesOf(figures, labels, labelled),
  };
}

function notesOf(
  { rateHz, channels, readings }: StreamFigures,
  labels: readonly { readonly label: string; readonly readings: number }[],
  labelled: number,
): Remark[] {
  const notes: Remark[] = [];
  if (rateHz === undefined) notes.push({ key: 'no-rate' });
  if (labels.length === 0) notes.push({ key: 'no-labels' });
  else if (labels.length === 1) notes.push({ key: 'one-label', words: { label: labels[0]!.label } });
  else if (labelled < readings / 2) notes.push({ key: 'few-labelled' });
  const most = Math.max(...labels.map((each) => each.readings));
  const rare = labels.filter((each) => each.readings < rareShare * most);
  if (rare.length > 0)
    notes.push({ key: 'rare', words: { labels: rare.map(({ label }) => label).join(', ') } });
  const still = channels.filter(({ values, least, most: largest, texts }) =>
    texts ? Object.keys(texts).length === 1 : values > 1 && least === largest,
  );
  if (still.length > 0)
    notes.push({ key: 'still', words: { names: still.map(({ name }) => name).join(', ') } });
  return notes;
}
