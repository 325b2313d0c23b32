import type { Prediction } from '../../gateway/prediction';
import type { Words } from '../runtime';

const unknown = 'unknown';

/** The payload for a prediction, and the words of the status. */
export interface Answer {
  readonly payload: object;
  readonly shown: {
    readonly fill: 'green' | 'yellow' | 'red' | 'blue';
    readonly key: string;
    readonly words: Words;
  };
}

/** Letters of a label in a status, which is under the node. */
const mostLetters = 14;

/** @param threshold of a classification: a label of less confidence is `unknown` */
export function answer(prediction: Prediction, threshold: number): Answer {
  const { version } = prediction;
  switch (prediction.kind) {
    case 'classification': {
      const { confidence, scores, model } = prediction;
      const label = confidence < threshold ? unknown : prediction.label;
      return {
        payload: { label, confidence, scores, model, version },
        shown: {
          fill: label === unknown ? 'yellow' : 'green',
          key: model === 'personal' ? 'personal' : 'prediction',
          words: { label: label.length > mostLetters ? `${label.slice(0, mostLetters - 1)}…` : label },
        },
      };
    }
    case 'forecast': {
      const { kind: _, lineage: __, ...payload } = prediction;
      const [channel = '', values = []] = Object.entries(prediction.values)[0] ?? [];
      const value = short(values.at(-1) ?? Number.NaN);
      return {
        payload,
        shown: { fill: 'green', key: 'forecast', words: { channel: channel.slice(0, 6), value } },
      };
    }
    case 'anomaly': {
      const { kind: _, lineage: __, ...payload } = prediction;
      const { learning, anomaly, score } = prediction;
      if (learning) return { payload, shown: { fill: 'blue', key: 'learning', words: { ...learning } } };
      const key = anomaly ? 'anomaly' : 'ordinary';
      return { payload, shown: { fill: anomaly ? 'red' : 'green', key, words: { score: short(score) } } };
    }
  }
}

/** A number with three significant digits. */
function short(value: number): string {
  const text = value.toPrecision(3);
  return text.includes('e') ? String(Number(text)) : text;
}
