import { deepEqual, equal, throws } from 'node:assert/strict';
import { coordinateConfig, logOf } from '../../../nodes/ftte-coordinate/config';

describe('the settings of a coordinate node', () => {
  const login = { logUser: 'ftte', logPassword: 'secret' };

  it('have the log on this machine in a flow of an earlier package', () => {
    equal(logOf(coordinateConfig({ federation: 'f', task: 't' }), login), undefined);
  });

  it('have the address of a server, with the login that is stored apart from the flow', () => {
    const url = 'postgres://db.example:5432/ftte';
    deepEqual(logOf(coordinateConfig({ storage: 'postgres', logUrl: ` ${url} ` }), login), {
      url,
      user: 'ftte',
      password: 'secret',
    });
    deepEqual(logOf(coordinateConfig({ storage: 'nats', logUrl: 'tls://a.example, tls://b.example' }), {}), {
      url: 'tls://a.example, tls://b.example',
    });
  });

  for (const [storage, logUrl, got] of [
    ['postgres', '', 'an empty field'],
    ['postgres', 'nats://user:secret@a.example', '"nats://\\*\\*\\*@a.example"'],
    ['nats', 'a.example', '"a.example"'],
  ])
    it(`refuse the address "${logUrl}" of a log in ${storage}, and do not repeat it`, () => {
      throws(() => logOf(coordinateConfig({ storage, logUrl }), {}), {
        code: 'config-invalid',
        message: new RegExp(
          `^logUrl: expected an address that begins with ${storage}:// or \\w+://, got ${got}$`,
        ),
      });
    });
});
