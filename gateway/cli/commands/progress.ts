import type { Output } from '../command/command';

/** Shortest time between two redraws of the bar. */
const redrawMs = 100;
/** Shortest time between two lines. */
const lineMs = 10_000;
const barWidth = 24;

/** Shows progress: as a bar with an estimate on a terminal, as a line every few seconds elsewhere. */
export class ProgressReporter {
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

  report(step: ProgressStep): void {
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

  /** Writes a line in the place of the bar. */
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

/** A state of a command's work. */
export interface ProgressStep {
  /** Of all the work, 0 to 1. */
  readonly fraction: number;
  /** Text of the line. */
  readonly text: string;
}

/** `, about 3 min left`; empty at the start and at the end. */
function estimate(fraction: number, elapsedMs: number): string {
  if (fraction < 0.02 || fraction >= 1) return '';
  const seconds = ((elapsedMs / fraction) * (1 - fraction)) / 1000;
  if (seconds < 90) return `, about ${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 5400) return `, about ${Math.round(seconds / 60)} min left`;
  return `, about ${(seconds / 3600).toFixed(1)} h left`;
}
