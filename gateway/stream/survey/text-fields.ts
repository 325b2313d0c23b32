import { isLabelColumn } from '../csv';
import type { ChannelFigures } from '../sources/stream-measure';
import { parseIso } from '../time';
import { isMissingWord, isNumberText, longestText, mostCategories } from '../values';
import { isBookkeeping } from './channel-names';

/** Fields that are remembered at most. */
const mostFields = 64;
/** Items of an array that are looked at. */
const looked = 2048;
/** Fields of formats whose texts are names and units. */
const formats = ['metrics', 'uplink_message', 'payload_fields', 'deviceInfo', 'sourceTimestamp', 'n', 'bn'];

/** Fields of messages that hold few texts, which come again: categories. */
export class TextFields {
  /** Texts of each field; undefined for one that has too many. */
  private readonly fields = new Map<string, Map<string, number> | undefined>();

  /** Takes a payload: an object, or an array of objects. Nothing of others. */
  take(payload: unknown): void {
    if (!Array.isArray(payload)) this.takeObject(payload);
    else for (const item of payload.slice(0, looked)) this.takeObject(item);
  }

  /** @param rows readings that could have them @param isNumber of a field that is a number elsewhere */
  figures(rows: number, isNumber: (name: string) => boolean): ChannelFigures[] {
    return [...this.fields].flatMap(([name, texts]) => {
      const values = [...(texts?.values() ?? [])].reduce((sum, count) => sum + count, 0);
      if (!texts || texts.size < 2 || isNumber(name) || texts.size > values / 2) return [];
      const nothing = { unit: '', centre: 0, spread: 1, least: 0, most: 0 };
      const missing = Math.max(0, rows - values);
      return [{ name, ...nothing, values, missing, texts: Object.fromEntries(texts) }];
    });
  }

  private takeObject(payload: unknown): void {
    if (typeof payload !== 'object' || payload === null || ArrayBuffer.isView(payload)) return;
    if (formats.some((name) => name in payload)) return;
    for (const [name, value] of Object.entries(payload)) {
      if (typeof value !== 'string' || isBookkeeping(name) || isLabelColumn(name)) continue;
      this.add(name, value.trim());
    }
  }

  private add(name: string, text: string): void {
    if (!this.fields.has(name)) {
      if (this.fields.size >= mostFields) return;
      this.fields.set(name, new Map());
    }
    const texts = this.fields.get(name);
    if (!texts || text === '' || isMissingWord(text) || isNumberText(text)) return;
    const known = texts.get(text);
    const isOne = text.length <= longestText && parseIso(text) === undefined;
    if (known !== undefined) texts.set(text, known + 1);
    else if (isOne && texts.size < mostCategories) texts.set(text, 1);
    else this.fields.set(name, undefined);
  }
}
