import { FtteError } from '../../platform';

/** Most problems that an error lists. */
const listed = 20;

/** Everything that is wrong with a file, reported at once, so that a person repairs a model once. */
export class Problems {
  private readonly lines: string[] = [];

  add(text: string): void {
    if (!this.lines.includes(text)) this.lines.push(text);
  }

  get any(): boolean {
    return this.lines.length > 0;
  }

  /** @throws FtteError `model-invalid` listing every problem, if there is any */
  throwIfAny(what: string): void {
    if (!this.any) return;
    const more = this.lines.length - listed;
    const lines = [...this.lines.slice(0, listed), ...(more > 0 ? [`and ${more} more`] : [])];
    throw new FtteError('model-invalid', `${what}: ${lines.join('; ')}`, { problems: this.lines.length });
  }
}

/** The error for a file that is not even of the form. */
export const notReadable = (text: string, cause?: unknown): FtteError =>
  new FtteError('model-invalid', text, {}, { cause });
