import { FtteError } from '../../platform';
import { ByMoment } from './by-moment';
import type { ChannelNames } from './channel-names';
import { type Decoding, emptyPacket, endsStep, type PacketContext, record, several, text } from './packet';

/** Aliases that are kept. A birth certificate defines them. */
const mostAliases = 4096;

/** Metrics that are examined to recognise a payload. */
const looked = 8;

/** True for a decoded Sparkplug B payload. */
export function isSparkplug(payload: unknown): boolean {
  const { metrics } = record(payload);
  return (
    Array.isArray(metrics) &&
    metrics
      .slice(0, looked)
      .every(
        (metric) => typeof metric === 'object' && metric !== null && ('name' in metric || 'alias' in metric),
      )
  );
}

/** Reads decoded Sparkplug B payloads. Metrics of the same moment are one reading. It keeps the aliases of births. */
export class SparkplugDecoder {
  private readonly aliases = new Map<string, string>();

  constructor(private readonly names: ChannelNames) {}

  /** @throws FtteError `reading-invalid` */
  *read(payload: unknown, { channels, topic }: PacketContext): Decoding {
    const { metrics, timestamp } = record(payload);
    if (!Array.isArray(metrics))
      throw new FtteError(
        'reading-invalid',
        'reading has no metrics, expected a decoded Sparkplug B payload',
      );
    const device = deviceOf(topic);
    // Deaths and commands contain no readings.
    if (device?.type && !/DATA|BIRTH/.test(device.type)) return emptyPacket;
    const moments = new ByMoment();
    const seen = new Set<string>();
    let unnamed = 0;
    for (const [index, each] of metrics.entries()) {
      if (endsStep(index)) yield;
      const metric = record(each);
      const name = this.nameOf(metric, device?.id ?? '');
      if (name === undefined) {
        unnamed++;
        continue;
      }
      seen.add(name);
      const place = this.names.find(name);
      if (!place) continue;
      const time = metric['timestamp'] ?? timestamp;
      moments.add(channels[place.channel]!, numberOf(metric), time, String(time && JSON.stringify(time)));
    }
    const fields = [...seen].slice(0, 8).join(', ');
    const readings = moments.readings;
    // Metrics of the device itself (bdSeq, Node Control) are not errors.
    const others = [...seen].filter(
      (name) => !/^(bdSeq|Node Control\/|Device Control\/|Node Info\/)/.test(name),
    );
    if (readings.length === 0 && others.length > 0) {
      throw new FtteError(
        'reading-invalid',
        `the Sparkplug payload has ${fields}; expected ${channels.join(', ')}`,
      );
    }
    if (readings.length === 0 && unnamed > 0) {
      throw new FtteError(
        'reading-invalid',
        `the Sparkplug payload has only aliases (${unnamed}), and the birth certificate that names them has not come: ` +
          'ask the device for a rebirth',
      );
    }
    return several(readings, { fields, ...(device && { subject: device.id }) });
  }

  /** The name of a metric. Data messages may replace it by the alias of the birth. */
  private nameOf(metric: Readonly<Record<string, unknown>>, device: string): string | undefined {
    const name = text(metric['name']);
    const alias = metric['alias'];
    if (alias === undefined || alias === null) return name;
    const key = `${device} ${typeof alias === 'object' ? JSON.stringify(alias) : String(alias)}`;
    if (name === undefined) return this.aliases.get(key);
    if (this.aliases.size >= mostAliases) this.aliases.clear();
    this.aliases.set(key, name);
    return name;
  }
}

/** `spBv1.0/group/DDATA/edge/device`. */
function deviceOf(topic: string | undefined): { id: string; type: string } | undefined {
  const parts = topic?.split('/') ?? [];
  if (!parts[0]?.startsWith('spBv') || parts.length < 4) return undefined;
  return { id: [parts[1], ...parts.slice(3)].join('/'), type: parts[2]! };
}

function numberOf(metric: Readonly<Record<string, unknown>>): unknown {
  if (metric['isNull'] === true || metric['is_null'] === true) return null;
  const typed = [
    'value',
    'floatValue',
    'doubleValue',
    'intValue',
    'longValue',
    'booleanValue',
    'stringValue',
  ];
  const value = metric[typed.find((name) => metric[name] !== undefined && metric[name] !== null) ?? ''];
  if (typeof value === 'boolean') return value ? 1 : 0;
  // 64-bit integers of the protocol buffers library.
  const { low, high, unsigned } = record(value) as { low?: number; high?: number; unsigned?: boolean };
  if (typeof low !== 'number' || typeof high !== 'number') return value;
  return (unsigned ? high >>> 0 : high) * 2 ** 32 + (low >>> 0);
}
