import { FtteError } from '../../gateway/platform';

const sharePattern = /^(\d+)\s*\/\s*(\d+)$/;
const rangePattern = /^(\d+)\s*-\s*(\d+)$/;

/**
 * The people that a replay plays: everybody for an empty text; names separated by commas, with ranges of numbers (`1-7`
 * stands for those that exist); or a share, `2/3` for the second third.
 * @throws FtteError `config-invalid` naming the mistake and the people of the source
 */
export function choosePeople(text: string, subjects: readonly string[]): readonly string[] {
  const chosenText = text.trim();
  if (chosenText === '') return subjects;
  const share = sharePattern.exec(chosenText);
  if (share) return shareOf(subjects, Number(share[1]), Number(share[2]), chosenText);
  const chosen = new Set<string>();
  for (const part of chosenText.split(',').map((name) => name.trim())) {
    const found = subjects.includes(part) ? [part] : inRange(part, subjects);
    if (found.length === 0) throw wrong(`expected names of the source, got "${part}"`, subjects);
    for (const name of found) chosen.add(name);
  }
  // In the order of the source, in which it is played.
  return subjects.filter((name) => chosen.has(name));
}

function shareOf(subjects: readonly string[], part: number, parts: number, text: string): readonly string[] {
  if (part < 1 || part > parts)
    throw wrong(`expected a share from 1/${parts} to ${parts}/${parts}, got "${text}"`, subjects);
  const share = subjects.slice(
    Math.floor(((part - 1) * subjects.length) / parts),
    Math.floor((part * subjects.length) / parts),
  );
  if (share.length === 0) throw wrong(`the share "${text}" is empty`, subjects);
  return share;
}

/** A condition for the people of a list of names and ranges, whether or not they exist. */
export function isChosen(text: string): (subject: string) => boolean {
  const parts = text.split(',').map((name) => name.trim());
  return (subject) => parts.some((part) => part === subject || inRange(part, [subject]).length > 0);
}

/** A person's number is the name's last digits, so that `1-3` also finds `person-1`. */
function inRange(part: string, subjects: readonly string[]): readonly string[] {
  const range = rangePattern.exec(part);
  if (!range) return [];
  const [first, last] = [Number(range[1]), Number(range[2])];
  return subjects.filter((name) => {
    const digits = /\d+$/.exec(name);
    return digits !== null && Number(digits[0]) >= first && Number(digits[0]) <= last;
  });
}

function wrong(what: string, subjects: readonly string[]): FtteError {
  const names = subjects.slice(0, 12).join(', ') + (subjects.length > 12 ? ', ...' : '');
  return new FtteError('config-invalid', `people: ${what}; the source has ${subjects.length}: ${names}`, {
    field: 'people',
  });
}
