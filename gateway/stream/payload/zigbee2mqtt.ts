import { emptyPacket, type Packet, type PacketContext, record, text } from './packet';
import { readPlain } from './plain';

/** True for the state of a device as Zigbee2MQTT publishes it. */
export function isZigbee2mqtt(payload: unknown, { channels, topic }: PacketContext): boolean {
  const fields = record(payload);
  const marks = ['linkquality', 'last_seen'].filter((name) => !channels.includes(name));
  return marks.some((name) => name in fields) || topic?.split('/')[0] === 'zigbee2mqtt';
}

/**
 * Reads the state of a device. The topic names the device, `last_seen` is the time, and switches and contacts are 0 or
 * 1. Messages of the bridge and of the availability topics are not readings.
 * @throws FtteError `reading-invalid`
 */
export function readZigbee2mqtt(payload: unknown, context: PacketContext): Packet {
  const levels = context.topic?.split('/') ?? [];
  if (levels[1] === 'bridge' || levels.at(-1) === 'availability') return emptyPacket;
  const fields = { ...record(payload) };
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return readPlain(payload, context);
  const name = record(fields['device'])['friendlyName'];
  for (const channel of context.channels)
    if (typeof fields[channel] === 'boolean') fields[channel] = fields[channel] ? 1 : 0;
  const packet = readPlain(fields, context);
  const subject = levels.length > 1 ? levels.slice(1).join('/') : text(name);
  const seen = context.channels.includes('last_seen') ? undefined : fields['last_seen'];
  return {
    ...packet,
    ...(seen !== undefined && seen !== null && { time: seen }),
    ...(subject !== undefined && { subject }),
  };
}
