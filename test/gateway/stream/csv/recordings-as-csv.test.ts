import assert from 'node:assert/strict';
import { type Reading, RecordingSource } from '../../../../gateway/stream';
import { describeWithData } from '../../../support/recordings';
import { useCsvFiles } from './csv-file';

/** A number as a spreadsheet of many countries writes it. */
const withComma = (value: number) => String(value).replace('.', ',');

for (const name of ['hapt', 'stress-predict', 'mitbih']) {
  describeWithData(name, `real recordings of ${name} in a CSV file`, (_, folder) => {
    const { read } = useCsvFiles();

    it('come back the same, with time, label and person', async () => {
      const source = await RecordingSource.open(folder, { recordings: [0] });
      const { channels, units, rateHz = 1 } = source;
      const recorded: Reading[] = [];
      for (const reading of source.readings()) {
        recorded.push(reading);
        if (recorded.length === 20_000) break;
      }
      const rows = recorded.map(({ values, label = '', subject = '' }, i) => [
        withComma(i / rateHz),
        subject,
        ...[...values].map(withComma),
        label,
      ]);
      const header = [
        'Zeit [s]',
        'Proband',
        ...channels.map((channel, c) => `"${channel} [${units[c] || 'mV'}]"`),
        'label',
      ];
      const text = `Export;;\n${[header, ...rows].map((row) => row.join(';')).join('\r\n')}\r\n`;
      const {
        source: file,
        readings,
        errors,
        warnings,
      } = await read(Buffer.from(text, 'latin1'), {
        subjectColumn: 'Proband',
      });
      assert.deepEqual(file.channels, channels);
      assert.deepEqual([...errors, ...warnings], []);
      assert.deepEqual(
        readings.map(({ values, label, subject }) => [...values, label, subject]),
        recorded.map(({ values, label, subject }) => [...values, label, subject]),
      );
      const times = readings.map(({ timeMs }) => timeMs ?? Number.NaN);
      for (const [i, time] of times.entries()) assert.ok(Math.abs(time - (1000 * i) / rateHz) < 1e-6);
    });
  });
}
