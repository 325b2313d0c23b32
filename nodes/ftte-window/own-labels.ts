import { describeValue, FtteError } from '../../gateway/platform';
import { textOf } from '../../gateway/stream';

/** As many as a task may have. */
const maxLabels = 1000;

/**
 * The labels of a stream whose task nobody has written yet: whatever comes is a label. Names are what windows are
 * labelled by inside; flows get back the very value they sent.
 */
export class OwnLabels {
  /** Grows with each label seen. */
  readonly names: string[] = [];
  private readonly values = new Map<string, unknown>();

  /**
   * @param value of a message; undefined, null and '' are no label
   * @throws FtteError `label-unknown` if it names nothing, or if there are more than labels can be: most likely a
   * measurement, not a label
   */
  name(value: unknown): string | undefined {
    if (value === undefined || value === null || value === '') return undefined;
    const name = textOf(value);
    if (name === undefined) {
      throw new FtteError(
        'label-unknown',
        `label is ${describeValue(value)}, expected a text, a number or a boolean`,
      );
    }
    if (!this.values.has(name)) {
      if (this.names.length >= maxLabels) {
        throw new FtteError(
          'label-unknown',
          `label "${name}" is the ${maxLabels + 1}th; at most ${maxLabels} are kept`,
        );
      }
      this.values.set(name, value);
      this.names.push(name);
    }
    return name;
  }

  value(name: string): unknown {
    return this.values.get(name);
  }
}
