import type { CellProgress } from './run-cells';

/** Lines of progress with an estimate, or one line that is rewritten on a terminal. */
export class BenchProgress {
  private readonly from = Date.now();
  private told = Number.NEGATIVE_INFINITY;

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  readonly tell = ({ done, cells, fraction, ended }: CellProgress): void => {
    const now = Date.now();
    if (!ended && now - this.told < (this.out.isTTY ? 500 : 15_000)) return;
    this.told = now;
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
