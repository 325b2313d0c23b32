/* Takes the layers of a saved model into the task; the coordinator reads its weights. */
import { explained } from '../dialogs/words.mjs';
import { takeLayers } from './model.mjs';
import { element } from './row-elements.mjs';

const $ = window.$;
const maxBytes = 2 * 1024 * 1024;
/** Enough to recognise a file. */
const headBytes = 512;

/**
 * @param ask gives the name and the task as the dialog has them
 * @param changed called when layers were taken
 */
export function offerImport(text, ask, changed) {
  const report = (words) => element('import-problem').text(words || '');
  element('import').on('click', () => element('import-file').trigger('click'));
  element('import-file').on('change', async function () {
    const [file] = this.files;
    // The same file may be chosen again after a correction.
    $(this).val('');
    if (!file) return;
    report();
    const isLarge = file.size > maxBytes;
    const model = await (isLarge ? file.slice(0, headBytes) : file).text();
    // The server says what a large file is that is no JSON.
    if (isLarge && /^\s*\{/.test(model)) {
      report(text('error.importSize', { name: file.name }));
      return;
    }
    $.ajax({
      url: 'ftte/task/import',
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify({ ...ask(), model, file: file.name }),
    })
      .done((answer) => {
        report(answer.text && explained(answer.code, answer.text));
        if (answer.text) return;
        takeLayers(answer.layers);
        element('loss').val(answer.loss);
        changed();
      })
      .fail(() => report(text('error.import')));
  });
}
