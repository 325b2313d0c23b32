import type { Log, NoticeCode } from '../../../../gateway/platform';

/** A log that keeps its warnings and errors. */
export class NoteLog implements Log {
  readonly notes: { readonly code: NoticeCode; readonly text: string }[] = [];

  info(): void {}

  warn(text: string, code: NoticeCode): void {
    this.notes.push({ code, text });
  }

  error(text: string, code: NoticeCode): void {
    this.notes.push({ code, text });
  }

  texts(code: NoticeCode): string[] {
    return this.notes.filter((note) => note.code === code).map(({ text }) => text);
  }
}
