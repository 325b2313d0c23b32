/* The fields of a task that a preset or a stream fills, and the question before they are replaced. */
const $ = window.$;

/** The data of a task, as a text to compare. */
export function dataOf({ kind = 'classification', input = {}, labels = [], forecast, anomaly }) {
  const { channels = [], rateHz, length, hop, normalisation = 'channel' } = input;
  return JSON.stringify([
    kind,
    channels.map(({ name, unit = '', centre = 0, spread = 1 }) => [name, unit, centre, spread]),
    [rateHz, length, hop, normalisation],
    kind === 'classification' ? labels : [],
    kind === 'forecast' ? forecast : undefined,
    kind === 'anomaly' ? (anomaly?.falseAlarms ?? 0.01) : undefined,
  ]);
}

/** Asks at a place in the dialog; the question goes away with its answer. @param words of yes and no */
export function askQuestion(place, question, [yes, no], whenAnswered) {
  const asked = $('<p class="ftte-task-question">').text(`${question} `).appendTo(place);
  for (const [label, isYes] of [
    [yes, true],
    [no, false],
  ])
    $('<button type="button" class="red-ui-button">')
      .text(label)
      .toggleClass('primary', isYes)
      .on('click', () => {
        asked.remove();
        whenAnswered(isYes);
      })
      .appendTo(asked);
}
