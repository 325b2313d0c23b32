import type { TaskInput } from '../../task';

const channel = (name: string, unit: string, spread: number, centre = 0) => ({ name, unit, centre, spread });

/** The task of the first example: six activities from a motion sensor at the waist. */
export const demonstrationTask: TaskInput = {
  name: 'wearable activity',
  input: {
    channels: [
      channel('acc_x', 'g', 0.5, 1),
      channel('acc_y', 'g', 0.5),
      channel('acc_z', 'g', 0.5),
      channel('gyro_x', 'rad/s', 1),
      channel('gyro_y', 'rad/s', 1),
      channel('gyro_z', 'rad/s', 1),
    ],
    rateHz: 50,
    length: 128,
    hop: 64,
  },
  labels: ['WALKING', 'WALKING_UPSTAIRS', 'WALKING_DOWNSTAIRS', 'SITTING', 'STANDING', 'LAYING'],
  model: { preset: 'features', size: 'S' },
};
