import type { CellProgress } from './run-cells';

/** Reports progress with an estimate: in one line on a terminal, in several lines elsewhere. */
export class BenchProgress {
  private readonly from = Date.now();
  private reportedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  readonly report = ({ done, cells, fraction, ended }: CellProgress): void => {
    const now = Date.now();
    if (!ended && now - this.reportedAt < (this.out.isTTY ? 500 : 15_000)) return;
    this.reportedAt = now;
    const left =
      fraction > 0.02
        ? `, about ${Math.ceil(((now - this.from) / fraction - (now - this.from)) / 60_000)} min left`
        : '';
    const last = ended ? `: ${ended.arm}, ${ended.mix}, seed ${ended.seed}` : '';
    const line = `${done} of ${cells} runs${last}${left}`;
    this.out.write(this.out.isTTY ? `\r${line.padEnd(100)}` : `${line}\n`);
  };

  end(): void {
    if (this.out.isTTY) this.out.write('\n');
  }
}
