import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readThreshold } from '../../gateway/prediction/threshold-file';
import { readSamples } from '../../gateway/stream/samples/sample-file';

/** Files of version 0.1.0, in base64. With a changed format a gateway would lose the files on its disk. */
const threshold =
  'RlRURVRIUjFN84AFUcLj2d+jE0vin3tfu5DZqi0+JI6nUbBhAl9+1WMAAAB7ImxpbmVhZ2UiOiIwMDExMjIzM2FhYmJjY2RkIiwidmVyc2lvbiI6NywidXNlIjoiYXZlcmFnZSIsImZhbHNlQWxhcm1zIjowLjAxLCJkcmlmdCI6MS41LCJjb3VudCI6Mn0AAIA+AAAAPw==';
const samples =
  'RlRURVNNUDGkAAAAeyJpbnB1dCI6eyJjaGFubmVscyI6W3sibmFtZSI6IngifV0sInJhdGVIeiI6MTAsImxlbmd0aCI6MiwiaG9wIjoxLCJub3JtYWxpc2F0aW9uIjoibm9uZSJ9LCJyb3dzIjoyLCJsYWJlbHMiOlsicmVzdCJdLCJyZXNlcnZvaXJzIjpbeyJsYWJlbCI6MCwic2VlbiI6MywiY291bnQiOjF9XX0AAIA/AAAAwNpcszoKcASgfmUFvTntzoz29N43J2Dn4BtqxPyqCDPr';

describe('a file of an earlier version', () => {
  let path: string;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-old-'));
    path = join(folder, 'file');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('gives the threshold of anomalies', async () => {
    await writeFile(path, Buffer.from(threshold, 'base64'));
    assert.deepEqual(await readThreshold(path), {
      lineage: '00112233aabbccdd',
      version: 7,
      use: 'average',
      falseAlarms: 0.01,
      drift: 1.5,
      errors: Float32Array.of(0.25, 0.5),
    });
  });

  it('gives the samples', async () => {
    await writeFile(path, Buffer.from(samples, 'base64'));
    const found = await readSamples(path);
    assert.equal(found?.damage, undefined);
    const { reservoirs, rows, labels } = found!.content;
    assert.deepEqual(reservoirs, [
      { label: 0, seen: 3, samples: [{ id: 1, label: 0, window: Float32Array.of(1, -2) }] },
    ]);
    assert.deepEqual([rows, labels], [2, ['rest']]);
  });
});
