/* Tasks to start from, and the model and training that each kind of task starts with. */

/** The training of a task that nobody has changed. */
const untouched = { optimiser: 'sgd', 'learning-rate': '' };

/** The model and training that a kind of task starts with, and the losses that suit it. */
export const kinds = {
  classification: {
    preset: 'cnn1d',
    training: untouched,
    losses: ['softmax-cross-entropy', 'binary-cross-entropy'],
  },
  forecast: { preset: 'mlp', training: untouched, losses: ['mean-squared-error', 'huber'] },
  // Plain steps hardly move it through its narrow layer.
  anomaly: {
    preset: 'autoencoder1d',
    training: { optimiser: 'adam', 'learning-rate': '0.003' },
    losses: ['mean-squared-error', 'huber'],
  },
};

/** Tasks to start from; their kind gives the model. */
export const presets = {
  // For a sensor of one's own: its channels and labels are learned, or typed.
  own: {
    input: { channels: [], rateHz: 50, length: 128, hop: 64, normalisation: 'channel' },
    labels: [],
  },
  wearable: {
    input: {
      channels: [
        { name: 'acc_x', unit: 'g', centre: 1, spread: 0.5 },
        { name: 'acc_y', unit: 'g', centre: 0, spread: 0.5 },
        { name: 'acc_z', unit: 'g', centre: 0, spread: 0.5 },
        { name: 'gyro_x', unit: 'rad/s', centre: 0, spread: 1 },
        { name: 'gyro_y', unit: 'rad/s', centre: 0, spread: 1 },
        { name: 'gyro_z', unit: 'rad/s', centre: 0, spread: 1 },
      ],
      rateHz: 50,
      length: 128,
      hop: 64,
      normalisation: 'channel',
    },
    labels: ['WALKING', 'WALKING_UPSTAIRS', 'WALKING_DOWNSTAIRS', 'SITTING', 'STANDING', 'LAYING'],
  },
  ecg: {
    input: {
      channels: [
        { name: 'ecg', unit: 'mV', centre: 0, spread: 0.2 },
        { name: 'rr_before', unit: 's', side: true, centre: 0.8, spread: 0.2 },
        { name: 'rr_before_ratio', unit: '', side: true, centre: 0, spread: 0.2 },
        { name: 'rr_after_before', unit: '', side: true, centre: 0, spread: 0.3 },
        { name: 'unusual_qrs', unit: '', side: true, centre: -1, spread: 0.8 },
      ],
      rateHz: 125,
      length: 125,
      hop: 125,
      cut: { kind: 'beats', before: 50 },
      normalisation: 'channel',
    },
    labels: ['N', 'S', 'V', 'F', 'Q'],
  },
  vitals: {
    input: {
      channels: [
        { name: 'hr', unit: 'bpm', centre: 80, spread: 13 },
        { name: 'resp', unit: 'breaths/min', centre: 12.5, spread: 2 },
        { name: 'eda_mean', unit: 'uS', centre: 1, spread: 1.3 },
        { name: 'temp_mean', unit: 'degC', centre: 31, spread: 2.3 },
        { name: 'bvp_std', unit: '', centre: 38, spread: 53 },
        { name: 'acc_mag_mean', unit: 'g', centre: 1, spread: 0.02 },
        { name: 'acc_mag_std', unit: 'g', centre: 0.02, spread: 0.05 },
      ],
      rateHz: 1,
      length: 30,
      hop: 10,
      normalisation: 'channel',
    },
    labels: ['REST', 'STRESS'],
  },
  forecast: {
    kind: 'forecast',
    input: {
      channels: [
        { name: 'hr', unit: 'bpm', centre: 90, spread: 18 },
        { name: 'resp', unit: 'breaths/min', centre: 17, spread: 4 },
        { name: 'spo2', unit: '%', centre: 97, spread: 1 },
        { name: 'temp', unit: 'degC', centre: 33, spread: 0.8 },
      ],
      rateHz: 1,
      length: 120,
      hop: 5,
      normalisation: 'window',
    },
    forecast: { horizon: 30, channels: ['hr', 'resp'] },
  },
  anomaly: {
    kind: 'anomaly',
    input: {
      channels: [{ name: 'ecg', unit: 'mV', centre: 0, spread: 0.2 }],
      rateHz: 125,
      length: 128,
      hop: 64,
      normalisation: 'channel',
    },
    anomaly: { falseAlarms: 0.01 },
  },
};
