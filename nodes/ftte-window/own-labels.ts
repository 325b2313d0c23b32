import { describeValue, FtteError } from '../../gateway/platform';
import { textOf } from '../../gateway/stream';

/** The number of labels that a task may have. */
const maxLabels = 1000;

/**
 * The labels of a stream whose task is not written yet: every value that comes is a label. Windows are labelled by
 * names; flows get back the value that they sent.
 */
export class OwnLabels {
  /** Grows with each new label. */
  readonly names: string[] = [];
  private readonly values = new Map<string, unknown>();

  /**
   * The name of a label.
   * @param value from a message; undefined, null and '' are no label
   * @throws FtteError `label-unknown` if it cannot name anything, or if there are more labels than a task may have: the
   * values are then most likely measurements
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
