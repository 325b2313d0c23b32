/*
 * What the federation dialog has beside its fields: the check of broker and machine, the task that waits, the invitation, and
 * the members. Runs in the editor.
 */
import { explained } from '../dialogs/words.mjs';
import { findingWords, problemWords } from './findings.mjs';
import { showInvitation, usualMembership } from './invitation.mjs';
import { showMembers } from './members.mjs';

const $ = window.$;
const icons = { ok: 'fa-check-circle', warning: 'fa-exclamation-triangle', failed: 'fa-times-circle' };

window.ftteInvitation = showInvitation;
window.ftteUsualMembership = usualMembership;
window.ftteMembers = showMembers;

$('<link rel="stylesheet">')
  .attr('href', new URL('federation-dialog.css', import.meta.url).href)
  .appendTo('head');

/**
 * Adds the button above a row.
 * @param row the element that it comes before
 * @param text gives the words of a key
 * @param ask gives the settings as the dialog has them
 */
window.ftteFederationDiagnosis = (row, text, ask) => {
  const button = $('<button type="button" class="red-ui-button">').attr('id', 'ftte-diagnosis');
  const list = $('<ul class="ftte-diagnosis">').attr('aria-live', 'polite');
  button.append($('<i class="fa fa-stethoscope">'), ' ', $('<span>').text(text('label.diagnosis')));
  $('<div class="form-row">').append($('<label>').html('&nbsp;'), button).insertBefore(row);
  list.insertBefore(row);

  button.on('click', () => {
    button.prop('disabled', true);
    list.empty().append(item('', text('tip.diagnosing'), text));
    const asked = ask();
    $.ajax({
      url: 'ftte/federation/diagnosis',
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(asked),
    })
      .done(({ findings = [], ...problem }) => {
        list.empty();
        if (problem.text) list.append(item('failed', problemWords(problem, asked, text), text));
        for (const finding of findings) {
          const { words, advice } = findingWords(finding, text);
          list.append(item(finding.level, words, text, advice));
        }
      })
      .fail(() => list.empty().append(item('failed', text('error.diagnosis'), text)))
      .always(() => button.prop('disabled', false));
  });
};

/** A line with its level, which a screen reader says, too. */
function item(level, words, text, advice) {
  const icon = icons[level] || 'fa-spinner fa-pulse';
  const line = $('<li>').addClass(level && `ftte-${level}`);
  line.append($(`<i class="fa ${icon}" aria-hidden="true">`), ' ', $('<span>').text(words));
  if (level && level !== 'ok') line.attr('aria-label', `${text(`diagnosis.level.${level}`)}: ${words}`);
  if (advice) line.append($('<div class="ftte-advice">').text(`→ ${advice}`));
  return line;
}

/**
 * Shows above a row the task that the running gateway has not taken, and a button that accepts it if a person may.
 * @param row the element that it comes before
 * @param text gives the words of a key
 * @param id of the node
 */
window.ftteHeldBackTask = (row, text, id) => {
  const url = `ftte/federation/${encodeURIComponent(id)}/task`;
  $.getJSON(url).done(({ code, text: reason, canAccept, task }) => {
    if (!reason) return;
    const tip = $('<div class="form-tips ftte-held-back" role="alert">').text(explained(code, reason));
    tip.insertBefore(row);
    if (!canAccept) return;
    const button = $('<button type="button" class="red-ui-button">').attr('id', 'ftte-accept-task');
    button.append($('<i class="fa fa-check">'), ' ', $('<span>').text(text('label.accept')));
    tip.append($('<div>').append(button));
    button.on('click', () => {
      button.prop('disabled', true);
      $.ajax({ url, method: 'POST', contentType: 'application/json', data: JSON.stringify({ task }) })
        .done(() => tip.remove())
        .fail(() => tip.text(text('error.accept')));
    });
  });
};
