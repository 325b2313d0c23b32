/* Learns a task from what arrives at a window node, or from a CSV file: what came, and the fields that it suggests. */
import { reasonOf } from '../dialogs/words.mjs';
import { presentLearned } from './learned.mjs';
import { element } from './row-elements.mjs';
import { labelOf, windowsOf, wireOf } from './wires.mjs';

const $ = window.$;
/** Bytes of a file that Node-RED reads. */
const headBytes = 2 * 1024 * 1024;

/**
 * @param node the task
 * @param isUntouched whether the fields hold nothing that a person has typed
 * @param take fills the fields from a proposal, with the name of what it was learned from, if that has one
 * @returns ends what is on its way
 */
export function offerLearning({ node, text, isUntouched, take }) {
  const result = element('learned');
  const button = element('learn');
  const chooser = element('learn-window');
  const windows = windowsOf(node);
  let asked = 0;
  let request;
  let timer;

  for (const each of windows) $('<option>').attr('value', each.id).text(labelOf(each)).appendTo(chooser);
  chooser.closest('.ftte-part').toggle(windows.length > 1);

  function say(words) {
    clearInterval(timer);
    result.empty().append($('<p>').text(words));
  }

  function ask(url, data, whenDone) {
    const question = ++asked;
    request?.abort();
    request = $.ajax({ url, method: 'POST', contentType: 'application/json', data: JSON.stringify(data) });
    request
      .done((answer) => {
        if (question === asked) whenDone(answer);
      })
      .fail((answer, status) => {
        if (question !== asked || status === 'abort') return;
        say(reasonOf(answer) || text('learn.unanswered'));
      })
      .always(() => {
        if (question !== asked) return;
        clearInterval(timer);
        button.prop('disabled', false);
      });
  }

  /** @param source name of the window node or of the file; empty if it has none */
  function present(answer, source) {
    clearInterval(timer);
    if (answer.problem) return say(text(`learn.${answer.problem.key}`, answer.problem.words));
    const isFilled = isUntouched();
    const choose = presentLearned(result.empty(), answer, isFilled, text);
    if (isFilled) return take(answer.proposal, source);
    choose((isTaken) => {
      if (isTaken) take(answer.proposal, source);
      else result.empty();
    });
  }

  button.on('click', () => {
    const wired = windows.find(({ id }) => id === chooser.val()) ?? windows[0];
    if (!wired) return say(text('learn.no-window'));
    const seconds = Number(element('learn-seconds').val());
    button.prop('disabled', true);
    const endMs = Date.now() + 1000 * seconds;
    const tick = () => {
      const left = Math.max(0, Math.ceil((endMs - Date.now()) / 1000));
      result.empty().append($('<p>').text(text('learn.listening', { left, name: labelOf(wired) })));
    };
    tick();
    clearInterval(timer);
    timer = setInterval(tick, 1000);
    ask('ftte/task/listen', { ...wireOf(wired), seconds }, (answer) => present(answer, wired.name));
  });

  async function readFile(file) {
    if (!file) return;
    say(text('learn.reading', { name: file.name }));
    let data;
    try {
      // The rest of a large file is never read.
      data = await base64Of(file.slice(0, headBytes));
    } catch {
      return say(text('learn.unreadable', { name: file.name }));
    }
    const table = { name: file.name, data, isWhole: file.size <= headBytes };
    ask('ftte/task/table', table, (answer) => present(answer, file.name.replace(/\.\w+$/, '')));
  }

  element('learn-csv').on('click', () => element('learn-file').trigger('click'));
  element('learn-file').on('change', function () {
    const [file] = this.files;
    // The same file may be chosen again after a correction.
    $(this).val('');
    readFile(file);
  });
  offerDrop($('.ftte-task-dialog'), readFile);

  return () => {
    asked++;
    request?.abort();
    clearInterval(timer);
  };
}

/** Takes a file that is dropped on the dialog; the editor would import it as a flow. */
function offerDrop(dialog, readFile) {
  const isFile = (event) => Array.from(event.originalEvent.dataTransfer?.types ?? []).includes('Files');
  dialog.on('dragenter dragover', (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    event.stopPropagation();
    dialog.addClass('ftte-task-drop');
  });
  dialog.on('dragleave', (event) => {
    if (!dialog[0].contains(event.relatedTarget)) dialog.removeClass('ftte-task-drop');
  });
  dialog.on('drop', (event) => {
    dialog.removeClass('ftte-task-drop');
    if (!isFile(event)) return;
    event.preventDefault();
    event.stopPropagation();
    readFile(event.originalEvent.dataTransfer.files[0]);
  });
}

const base64Of = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
