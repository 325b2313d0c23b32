import { FtteError } from '../../platform';
import { fieldsOf } from '../values';
import { type Packet, type PacketContext, record, text } from './packet';
import { readPlain } from './plain';

/** True for an uplink of The Things Network (version 2 or 3) or ChirpStack. */
export function isLorawan(payload: unknown): boolean {
  const fields = record(payload);
  const chirpstack = 'devEUI' in fields || 'deviceInfo' in fields;
  return (
    'uplink_message' in fields ||
    ('dev_id' in fields && ('payload_fields' in fields || 'payload_raw' in fields)) ||
    (chirpstack && ('object' in fields || 'data' in fields || 'objectJSON' in fields))
  );
}

/**
 * Reads an uplink that the payload formatter of The Things Network or ChirpStack has decoded. The device and the time
 * are those of the uplink.
 * @throws FtteError `reading-invalid`
 */
export function readLorawan(payload: unknown, context: PacketContext): Packet {
  const fields = record(payload);
  const uplink = record(fields['uplink_message']);
  const decoded =
    uplink['decoded_payload'] ?? fields['payload_fields'] ?? fields['object'] ?? parsed(fields['objectJSON']);
  if (typeof decoded !== 'object' || decoded === null) {
    // Joins and acknowledgements contain no readings and are not errors.
    if (!isLorawan(payload) && ('join_accept' in fields || 'downlink_queued' in fields)) return none();
    throw new FtteError(
      'reading-invalid',
      `the uplink has no decoded payload (it has ${fieldsOf(fields)}): set a payload formatter for the device`,
    );
  }
  const packet = readPlain(decoded, context);
  const metadata = record(fields['metadata']);
  const time =
    uplink['received_at'] ??
    fields['received_at'] ??
    metadata['time'] ??
    fields['time'] ??
    firstGateway(fields);
  const subject = deviceOf(fields);
  return {
    ...packet,
    fields: fieldsOf(decoded),
    ...(time !== undefined && { time }),
    ...(subject !== undefined && { subject }),
  };
}

function deviceOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  const info = record(fields['deviceInfo']);
  return (
    text(record(fields['end_device_ids'])['device_id']) ??
    text(fields['dev_id']) ??
    text(info['deviceName']) ??
    text(fields['deviceName']) ??
    text(info['devEui']) ??
    text(fields['devEUI'])
  );
}

function firstGateway(fields: Readonly<Record<string, unknown>>): unknown {
  const gateways = fields['rxInfo'];
  return Array.isArray(gateways) ? record(gateways[0])['time'] : undefined;
}

function parsed(json: unknown): unknown {
  if (typeof json !== 'string') return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function none(): Packet {
  return readPlain([], { channels: [] });
}
