import type { Output } from '../command/command';

export interface ProgressStep {
  /** Of everything, 0 to 1. */
  readonly fraction: number;
  /** For the line: where it stands. */
  readonly text: string;
}

/** On a terminal a bar is redrawn at most this often; elsewhere a line comes at most that often. */
const redrawMs = 100;
const lineMs = 10_000;
const barWidth = 24;

/** Tells how far long work is: a bar with an estimate on a terminal, a line now and then elsewhere. */
export class ProgressTeller {
  private readonly start: number;
  private last = Number.NEGATIVE_INFINITY;
  private drawn = false;

  /** @param now milliseconds */
  constructor(
    private readonly out: Output,
    private readonly now: () => number,
  ) {
    this.start = now();
  }

  tell(step: ProgressStep): void {
    const now = this.now();
    const pause = this.out.isTTY ? redrawMs : lineMs;
    if (now - this.last < pause) return;
    this.last = now;
    const percent = `${Math.floor(step.fraction * 100)} %`.padStart(5);
    const text = `${percent}  ${step.text}${estimate(step.fraction, now - this.start)}`;
    if (!this.out.isTTY) {
      this.out.write(`${text}\n`);
      return;
    }
    const full = Math.round(step.fraction * barWidth);
    const line = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${text}`;
    this.out.write(`\r\x1b[2K${line.slice(0, (this.out.columns ?? 80) - 1)}`);
    this.drawn = true;
  }

  /** Writes whole lines without leaving a bar in them. */
  line(text: string): void {
    this.clear();
    this.out.write(`${text}\n`);
  }

  clear(): void {
    if (this.drawn) this.out.write('\r\x1b[2K');
    this.drawn = false;
    this.last = Number.NEGATIVE_INFINITY;
  }
}

/** `, about 3 min left`, once there is something to go by. */
function estimate(fraction: number, elapsedMs: number): string {
  if (fraction < 0.02 || fraction >= 1) return '';
  const seconds = ((elapsedMs / fraction) * (1 - fraction)) / 1000;
  if (seconds < 90) return `, about ${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 5400) return `, about ${Math.round(seconds / 60)} min left`;
  return `, about ${(seconds / 3600).toFixed(1)} h left`;
}
