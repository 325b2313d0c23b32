/* The invitation of a gateway in the federation dialog: what it says, and what is wrong with it, before the deploy. */

import { dateAndTime } from '../dialogs/in-language.mjs';
import { explained } from '../dialogs/words.mjs';

const $ = window.$;

/** Time without typing after which a text is looked at, ms. */
const pauseMs = 200;

/**
 * Shows below the field what its invitation says.
 * @param asked gives the settings as the dialog has them
 * @param hasStored whether the node has an invitation that the field does not show
 */
export function showInvitation({ dialog, asked, hasStored }) {
  const { text, element } = dialog;
  const tip = element('standing').attr('aria-live', 'polite');
  const field = element('invitation');
  let timer;
  let question = 0;
  const show = (words, isWrong) =>
    tip
      .text(words)
      .toggleClass('ftte-wrong', isWrong)
      .toggle(words !== '');
  const look = () => {
    clearTimeout(timer);
    const number = ++question;
    if (element('membership').val() !== 'invitation') return;
    if (!String(field.val() ?? '').trim() && !hasStored()) {
      // The folder of the node, or the environment, may have one.
      tip.text(text('tip.paste')).removeClass('ftte-wrong');
    }
    $.ajax({
      url: 'ftte/federation/invitation',
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(asked()),
    })
      .done((answer) => {
        if (number !== question || !document.contains(tip.get(0))) return;
        const isEmpty = !String(field.val() ?? '').trim();
        if (answer.text) {
          if (isEmpty && answer.reason === 'invitation-form') show(text('tip.paste'), false);
          else show(explained(answer.code, answer.text), true);
          return;
        }
        if (answer.refusal) show(explained('join-refused', answer.refusal), true);
        else show(wordsOf(answer, text), false);
        // The flow shows by its names which federation a node is for.
        element('federation').val(answer.federation);
      })
      .fail(() => {
        if (number === question) show(text('error.invitation'), true);
      });
  };
  const lookSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, pauseMs);
  };
  for (const name of ['invitation', 'gateway', 'membership']) element(name).on('input change', lookSoon);
  look();
}

function wordsOf({ federation, gateway, broker, expires, uses, isMember }, text) {
  const names = { federation, gateway, broker };
  if (isMember || !expires) return text('tip.joined', names);
  const until = dateAndTime(expires);
  return text('tip.invitation', { ...names, until, uses });
}

/**
 * Chooses the members of a new node, until a person does.
 * @param element gives the field of a name
 * @param usual gives the choice that fits the broker
 */
export function usualMembership(element, usual) {
  const membership = element('membership');
  let isChosen = false;
  // The editor triggers `change` by itself; `input` is a person.
  membership.on('input', () => {
    isChosen = true;
  });
  const choose = () => {
    if (!isChosen && membership.val() !== usual()) membership.val(usual()).trigger('change');
  };
  for (const name of ['broker', 'reach', 'bind']) element(name).on('input change', () => setTimeout(choose));
  choose();
}
