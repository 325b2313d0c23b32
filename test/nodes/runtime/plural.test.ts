import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inNumber } from '../../../nodes/runtime/status/plural';
import { translate } from '../../../nodes/runtime/status/translate';
import { root } from '../../support/source-files';

const cases: readonly (readonly [language: string, text: string, shown: string])[] = [
  ['en-US', '1 of 1 {gateway|gateways} online', '1 of 1 gateway online'],
  ['en-US', '1 of 3 {gateway|gateways} online', '1 of 3 gateways online'],
  ['en-US', '0 {sample|samples}, v1', '0 samples, v1'],
  // A version, an accuracy and a quarantine beside the number.
  ['en-US', 'v1 0.91 3-1 {gateway|gateways}', 'v1 0.91 3-1 gateways'],
  ['en-US', 'v12 0.91 1 {gateway|gateways}', 'v12 0.91 1 gateway'],
  ['en-US', '1,001 {sample|samples}, v1', '1,001 samples, v1'],
  [
    'en-US',
    '1 {message|messages} held text and {is|are} not counted.',
    '1 message held text and is not counted.',
  ],
  ['fr', '0 {mise|mises} à jour sur 3', '0 mise à jour sur 3'],
  ['fr', '1\u202f001 {exemple|exemples}', '1\u202f001 exemples'],
  // The number may follow.
  ['es', '{falta|faltan} 1 vent.', 'falta 1 vent.'],
  ['es', '{falta|faltan} 2 vent.', 'faltan 2 vent.'],
  ['de', '1 Fenster {fehlt|fehlen}', '1 Fenster fehlt'],
  ['de', '1.000 {Beispiel|Beispiele}', '1.000 Beispiele'],
  ['ja', 'サンプル1件 v1', 'サンプル1件 v1'],
];

describe('words that depend on a number', () => {
  it('are chosen by the nearest number in the language of the text, alike in the runtime and in the editor', async () => {
    const inEditor = (await import(pathToFileURL(join(root, 'resources/dialogs/plural.mjs')).href)) as {
      inNumber: typeof inNumber;
    };
    for (const [language, text, shown] of cases)
      for (const choose of [inNumber, inEditor.inNumber])
        assert.equal(
          choose(text, () => language),
          shown,
        );
  });

  it('follow the language that the catalog names, not that of the machine', () => {
    const catalog = (language: string) => ({
      _: (key: string) => (key.endsWith('ftte-federation.language') ? language : '0 {fenêtre|fenêtres}'),
    });
    assert.equal(translate(catalog('fr') as never, 'x'), '0 fenêtre');
    assert.equal(translate(catalog('en-US') as never, 'x'), '0 fenêtres');
  });
});
