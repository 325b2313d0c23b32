import { adviceWords, checks, type Finding, foundWords } from '../../gateway/diagnosis';

/** Values that are as long as usual, by the place in a text. Amounts are numbers. */
const usual: Readonly<Record<string, string | number>> = {
  ...{ package: '0.1.0', protocol: '2', programs: 'Node.js 22.21.1, Node-RED 4.1.15, linux arm64' },
  ...{
    free: 1234,
    total: 7812,
    heap: 2048,
    folder: '/home/pi/.node-red',
    fileSystem: 'ext4',
    reason: 'EACCES',
  },
  ...{ now: '2026-03-01T09:30:00.000Z', file: 'flows.json', time: '2026-03-02T09:30:00.000Z', minutes: 60 },
  ...{ host: 'broker.clinic.example', address: '192.168.10.20', port: '8883', milliseconds: 4, seconds: 5 },
  ...{
    name: 'broker',
    names: 'DNS:broker.local',
    until: '2026-03-20',
    days: 19,
    user: 'pi-1',
    mqtt: 'MQTT 5',
  },
  ...{ url: 'mqtts://broker.clinic.example:8883', gateway: 'pi-a1b2c3', publish: 'hello, presence, update' },
  ...{ read: 'task, head, patch', topic: 'ftte/v1/clinic/gw/doctor-1a2b3c4d/doctor', kilobytes: 128 },
  ...{
    announced: 268_435,
    version: '12',
    lineage: '0123456789abcdef',
    federation: 'clinic',
    others: 'station',
  },
  ...{ type: 'head', online: 3, known: 4, ids: '"pi-1"', clients: 12, retained: 34, logins: 5, topics: 6 },
  ...{ unkept: 7, limits: 8 },
};

/** A finding for each code, with all advice among them: what a route may answer, for tests of how it is shown. */
export function everyFinding(): Finding[] {
  const codes = Object.keys(foundWords) as (keyof typeof foundWords)[];
  const advices = Object.keys(adviceWords) as (keyof typeof adviceWords)[];
  return codes.map((code, i) => {
    const found = foundWords[code];
    const adviceCode = advices[i % advices.length]!;
    return {
      ...{
        check: checks[i % checks.length]!,
        level: (['ok', 'warning', 'failed'] as const)[i % 3]!,
        code,
        found,
      },
      values: Object.fromEntries(placesOf(found).map((name) => [name, usual[name] ?? `no value of ${name}`])),
      ...{ adviceCode, advice: adviceWords[adviceCode] },
    };
  });
}

/** The places of a text of findings. */
export const placesOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
