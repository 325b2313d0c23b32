import { equal } from 'node:assert/strict';
import { withoutSecrets } from '../../../gateway/platform';

describe('an address for people', () => {
  for (const [address, shown] of [
    ['mqtt://broker.example:1883', 'mqtt://broker.example:1883'],
    ['mqtt://user:secret@broker.example', 'mqtt://***@broker.example'],
    ['user:sec@ret@broker.example', '***@broker.example'],
    ['nats://a:one@a.example,nats://b:two@b.example', 'nats://***@b.example'],
    ['postgres://db.example/ftte?password=secret', 'postgres://db.example/ftte?***'],
    ['a.example\nuser:secret@b.example', '***@b.example'],
  ] as const)
    it(`shows ${JSON.stringify(address)} without a login`, () => {
      equal(withoutSecrets(address), shown);
    });
});
