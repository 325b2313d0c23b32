import { SeededRandom } from '../../platform';

/** The activities of synthetic wearers; the labels of their readings. */
export const syntheticActivities = [
  'WALKING',
  'WALKING_UPSTAIRS',
  'WALKING_DOWNSTAIRS',
  'SITTING',
  'STANDING',
  'LAYING',
] as const;

/** One of `syntheticActivities`. */
export type SyntheticActivity = (typeof syntheticActivities)[number];

/**
 * The motion of an activity: step frequency relative to the person's, amplitudes in g and rad/s, posture in radians.
 */
interface Motion {
  readonly pace: number;
  /** Acceleration along the body's up, side and forward axes. */
  readonly acceleration: readonly [number, number, number];
  /** Share of the second harmonic: the force of the footfall. */
  readonly impact: number;
  /** Rotation about the same axes. */
  readonly turning: readonly [number, number, number];
  /** Lean forward of the trunk. */
  readonly lean: number;
}

const motions: Record<'WALKING' | 'WALKING_UPSTAIRS' | 'WALKING_DOWNSTAIRS', Motion> = {
  WALKING: {
    pace: 1,
    acceleration: [0.26, 0.11, 0.16],
    impact: 0.3,
    turning: [0.45, 0.25, 0.35],
    lean: 0.02,
  },
  WALKING_UPSTAIRS: {
    pace: 0.8,
    acceleration: [0.2, 0.15, 0.12],
    impact: 0.12,
    turning: [0.35, 0.45, 0.75],
    lean: 0.22,
  },
  WALKING_DOWNSTAIRS: {
    pace: 1.15,
    acceleration: [0.42, 0.16, 0.22],
    impact: 0.85,
    turning: [0.7, 0.34, 0.4],
    lean: -0.06,
  },
};

type Vector = [number, number, number];

/**
 * One person with a sensor at the waist: gait, posture, the position of the sensor, and its errors, all drawn from the
 * seed. People differ so much that a model of one person fits another only in part.
 */
export class SyntheticPerson {
  private readonly random: SeededRandom;
  private readonly stepHz: number;
  private readonly vigour: number;
  private readonly asymmetry: number;
  private readonly sitLean: number;
  private readonly standLean: number;
  private readonly layRoll: number;
  /** The axes of the sensor as rows, in the coordinates of the body (up, side, forward). */
  private readonly mount: readonly [Vector, Vector, Vector];
  private readonly gyroGain: number;
  private readonly accelerationOffset: Vector;
  private readonly accelerationNoise: number;
  private readonly gyroNoise: number;
  private phase = 0;
  private sway: Vector = [0, 0, 0];
  private effort = 1;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    const between = (low: number, high: number) => low + (high - low) * random.uniform();
    this.random = random;
    this.stepHz = between(1.65, 2.15);
    this.vigour = between(0.75, 1.3);
    this.asymmetry = between(-0.3, 0.3);
    this.sitLean = between(-0.45, -0.1);
    this.standLean = between(-0.06, 0.1);
    this.layRoll = between(-0.9, 0.9);
    this.mount = rotation(between(-0.5, 0.5), between(-0.22, 0.22), between(-0.22, 0.22));
    this.gyroGain = between(0.8, 1.25);
    this.accelerationOffset = [between(-0.04, 0.04), between(-0.04, 0.04), between(-0.04, 0.04)];
    this.accelerationNoise = between(0.01, 0.035);
    this.gyroNoise = between(0.02, 0.07);
  }

  /** Begins a stretch of an activity, each time with another posture within the person's habit. */
  begin(): void {
    this.phase = 2 * Math.PI * this.random.uniform();
    this.sway = [0.05 * this.random.normal(), 0.05 * this.random.normal(), 0.05 * this.random.normal()];
    this.effort = 1 + 0.12 * this.random.normal();
  }

  /** The next reading `[acc x, y, z in g, gyro x, y, z in rad/s]`, `dt` seconds after the one before. */
  next(activity: SyntheticActivity, dt: number): number[] {
    const moving = motions[activity as keyof typeof motions];
    const { acceleration, turning } = moving ? this.walk(moving, dt) : this.rest(dt);
    const lean = moving ? this.standLean + moving.lean : this.restLean(activity);
    const roll = activity === 'LAYING' ? this.layRoll + this.sway[1] : this.sway[1];
    // Gravity as an accelerometer measures it, in body axes: leaning turns "up" towards "forward".
    const up = Math.cos(lean) * Math.cos(roll);
    const felt: Vector = [
      acceleration[0] + up,
      acceleration[1] + Math.sin(roll) * Math.abs(Math.cos(lean) || 1),
      acceleration[2] - Math.sin(lean),
    ];
    const noisy = this.mount.map(
      (axis, i) =>
        dot(axis, felt) + this.accelerationOffset[i]! + this.accelerationNoise * this.random.normal(),
    );
    const turned = this.mount.map(
      (axis) => this.gyroGain * dot(axis, turning) + this.gyroNoise * this.random.normal(),
    );
    return [...noisy, ...turned];
  }

  private walk(motion: Motion, dt: number): { acceleration: Vector; turning: Vector } {
    // Steps differ: pace and effort wander.
    this.effort += 0.6 * dt * (1 - this.effort) + 0.12 * Math.sqrt(dt) * this.random.normal();
    this.phase += 2 * Math.PI * this.stepHz * motion.pace * dt * (1 + 0.05 * this.random.normal());
    const size = this.vigour * this.effort;
    const step = this.phase;
    const stride = this.phase / 2;
    const strike = Math.sin(step) + motion.impact * Math.sin(2 * step + 0.7);
    const limp = 1 + this.asymmetry * Math.sin(stride);
    const [up, side, forward] = motion.acceleration;
    const [yaw, pitch, sideways] = motion.turning;
    return {
      acceleration: [
        size * up * strike * limp,
        size * side * Math.sin(stride + 0.4),
        size * forward * Math.cos(step + 0.3) * limp,
      ],
      turning: [
        size * yaw * Math.sin(stride),
        size * pitch * Math.cos(step + 0.9),
        size * sideways * Math.sin(stride + 1.3),
      ],
    };
  }

  private rest(dt: number): { acceleration: Vector; turning: Vector } {
    // Balance and breathing: slow and small, and the gyroscope measures their change.
    const turning: Vector = [0, 0, 0];
    for (let i = 0; i < 3; i++) {
      const change = -0.5 * this.sway[i]! * dt + 0.02 * Math.sqrt(dt) * this.random.normal();
      this.sway[i]! += change;
      turning[i] = change / dt / 10;
    }
    this.phase += 2 * Math.PI * 0.27 * dt;
    return { acceleration: [0.006 * Math.sin(this.phase), 0, 0.004 * Math.sin(this.phase)], turning };
  }

  private restLean(activity: SyntheticActivity): number {
    if (activity === 'LAYING') return -Math.PI / 2 + 0.15 * this.sway[0] * 4;
    return (activity === 'SITTING' ? this.sitLean : this.standLean) + this.sway[0];
  }
}

/** Yaw about up, pitch about side, roll about forward. */
function rotation(yaw: number, pitch: number, roll: number): [Vector, Vector, Vector] {
  const [cy, sy, cp, sp, cr, sr] = [
    Math.cos(yaw),
    Math.sin(yaw),
    Math.cos(pitch),
    Math.sin(pitch),
    Math.cos(roll),
    Math.sin(roll),
  ];
  return [
    [cp * cr, -cp * sr, sp],
    [cy * sr + sy * sp * cr, cy * cr - sy * sp * sr, -sy * cp],
    [sy * sr - cy * sp * cr, sy * cr + cy * sp * sr, cy * cp],
  ];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
