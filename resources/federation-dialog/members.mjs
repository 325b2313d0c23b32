/* The members of a coordinator in the federation dialog: who has joined, and invitations. */

import { dateAndTime } from '../dialogs/in-language.mjs';
import { reasonOf } from '../dialogs/words.mjs';

const $ = window.$;

/**
 * Adds members and invitations above a row, while the coordinator of the deployed node invites.
 * @param row the element that it comes before
 * @param text gives the words of a key
 * @param id of the node
 * @param membership the field by which they are shown
 */
export function showMembers(row, text, id, membership) {
  const panel = $('<div class="ftte-members">').insertBefore(row);
  const url = `ftte/federation/${encodeURIComponent(id)}/members`;
  const show = () => panel.toggle(membership.val() === 'invited');
  membership.on('change', show);
  show();

  const problem = $('<div class="ftte-problem" role="alert">').hide();
  const table = $('<div>');
  const form = inviteForm(text);
  const line = newLine(text);
  const buttons = $('<div class="form-row">');
  const refresh = button('ftte-members-refresh', 'fa-refresh', text('label.refresh'));
  buttons.append($('<label>').html('&nbsp;'), refresh);

  const ask = (request) =>
    $.ajax(
      request
        ? { url, method: 'POST', contentType: 'application/json', data: JSON.stringify(request) }
        : { url },
    )
      .done((answer) => {
        problem.hide();
        fill(answer);
      })
      .fail((answer) => problem.text(reasonOf(answer) || text('error.members')).show());

  const fill = ({ fingerprint, address, members, invitations, line: made }) => {
    if (!members) {
      // A node that does not run has none.
      table.empty().append($('<div class="form-tips">').text(text('members.deploy')));
      return;
    }
    table
      .empty()
      .append(
        $('<div class="ftte-fingerprint">').text(text('members.fingerprint', { fingerprint })),
        memberTable(members, text, ask),
        invitationTable(invitations, text, ask),
      );
    form.suggest(address);
    form.element.show();
    if (made) line.show(made);
  };

  panel.append($('<hr>'), problem, table, form.element.hide(), line.element.hide(), buttons);
  refresh.on('click', () => ask());
  form.button.on('click', () => {
    line.element.hide();
    form.button.prop('disabled', true);
    ask({ action: 'invite', ...form.settings() }).always(() => form.button.prop('disabled', false));
  });
  ask();
}

function memberTable(members, text, ask) {
  if (members.length === 0) return $('<div class="form-tips">').text(text('members.none'));
  const rows = members.map(({ id, fingerprint, joined, lastSeen, note, revoked }) => {
    const action = revoked ? 'readmit' : 'revoke';
    const act = button('', revoked ? 'fa-undo' : 'fa-ban', text(`members.${action}`));
    act.attr('aria-label', `${text(`members.${action}`)} ${id}`);
    act.on('click', () => {
      act.prop('disabled', true);
      ask({ action, id }).always(() => act.prop('disabled', false));
    });
    const seen = revoked ? text('members.revoked', { since: day(revoked) }) : day(lastSeen);
    return $('<tr>')
      .attr('data-member', id)
      .toggleClass('ftte-revoked', Boolean(revoked))
      .append(cell(id), cell(fingerprint, 'ftte-fingerprint'), cell(day(joined)), cell(seen), cell(note))
      .append($('<td>').append(act));
  });
  const names = ['id', 'key', 'since', 'seen', 'note'].map((name) => text(`members.${name}`));
  return tableOf(text('members.title'), names, rows);
}

function invitationTable(invitations, text, ask) {
  if (invitations.length === 0) return $();
  const rows = invitations.map(({ invitation, id = '', uses, usesLeft, expires, note }) => {
    const act = button('', 'fa-times', text('members.withdraw'));
    act.attr('aria-label', `${text('members.withdraw')} ${note || id || invitation}`);
    act.on('click', () => {
      act.prop('disabled', true);
      ask({ action: 'withdraw', invitation }).always(() => act.prop('disabled', false));
    });
    return $('<tr>')
      .attr('data-invitation', invitation)
      .append(cell(id), cell(`${usesLeft} / ${uses}`), cell(day(expires)), cell(note))
      .append($('<td>').append(act));
  });
  const names = ['id', 'uses', 'until', 'note'].map((name) => text(`members.${name}`));
  return tableOf(text('members.open'), names, rows);
}

function inviteForm(text) {
  const inputs = {};
  const row = (name, value, width) => {
    const input = $('<input type="text">').attr('id', `ftte-invite-${name}`).val(value).css({ width });
    inputs[name] = input;
    return $('<div class="form-row">').append(
      $('<label>')
        .attr('for', `ftte-invite-${name}`)
        .text(text(`invite.${name}`)),
      input,
    );
  };
  const invite = button('ftte-invite', 'fa-ticket', text('label.invite'));
  const element = $('<div class="ftte-invite">').append(
    row('note', '', '70%'),
    row('uses', '1', '90px'),
    row('expires', '7d', '90px'),
    row('id', '', '70%'),
    row('broker', '', '70%'),
    $('<div class="form-row">').append($('<label>').html('&nbsp;'), invite),
  );
  inputs.id.attr('placeholder', text('placeholder.invite-id'));
  inputs.expires.attr('placeholder', '7d');
  inputs.broker.attr('placeholder', 'mqtt://10.0.0.5:1883');
  return {
    element,
    button: invite,
    suggest: (address) => {
      if (!inputs.broker.val()) inputs.broker.val(address ?? '');
    },
    settings: () =>
      Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.val().trim()])),
  };
}

/** The line of a new invitation, which is shown once. */
function newLine(text) {
  const field = $('<textarea readonly rows="4" id="ftte-invitation-line">').attr(
    'aria-label',
    text('label.invitation'),
  );
  const copy = button('ftte-invitation-copy', 'fa-clipboard', text('label.copy'));
  const said = $('<span class="ftte-unit" aria-live="polite">');
  const element = $('<div class="ftte-new-line">').append(
    $('<div class="form-tips">').text(text('tip.once')),
    field,
    $('<div>').append(copy, said),
  );
  copy.on('click', () => {
    field.trigger('select');
    const copied = () => said.text(text('members.copied'));
    // The clipboard of the browser needs HTTPS, or this machine.
    if (navigator.clipboard)
      navigator.clipboard.writeText(field.val()).then(copied, () => document.execCommand('copy') && copied());
    else if (document.execCommand('copy')) copied();
  });
  return {
    element,
    show: (line) => {
      field.val(line);
      said.text('');
      element.show();
    },
  };
}

function tableOf(title, names, rows) {
  const head = $('<tr>').append(
    names.map((name) => $('<th scope="col">').text(name)),
    $('<th>'),
  );
  return $('<table class="ftte-table">').append(
    $('<caption>').text(title),
    $('<thead>').append(head),
    $('<tbody>').append(rows),
  );
}

const cell = (words, style = '') => $('<td>').addClass(style).text(words);
const day = (time) => dateAndTime(time);
const button = (id, icon, words) =>
  $('<button type="button" class="red-ui-button red-ui-button-small">')
    .attr('id', id || null)
    .append($('<i class="fa" aria-hidden="true">').addClass(icon), ' ', $('<span>').text(words));
