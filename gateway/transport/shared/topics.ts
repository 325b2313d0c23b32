/** Whether a topic matches a filter with `+` (one level) and a trailing `#` (MQTT 5.0, section 4.7). */
export function topicMatches(filter: string, topic: string): boolean {
  let at = 0;
  for (let from = 0; ; ) {
    const end = endOfLevel(filter, from);
    const wildcard = end === from + 1 && (filter[from] === '#' || filter[from] === '+') ? filter[from] : '';
    // Wildcards at the start do not match the topics of the broker itself (4.7.2).
    if (wildcard && from === 0 && topic.startsWith('$')) return false;
    if (wildcard === '#') return true;
    if (at > topic.length) return false;
    const next = endOfLevel(topic, at);
    if (!wildcard && !sameLevel(filter, from, end, topic, at, next)) return false;
    if (end === filter.length) return next === topic.length;
    from = end + 1;
    at = next + 1;
  }
}

/** The place after the level that begins here. */
function endOfLevel(text: string, from: number): number {
  const slash = text.indexOf('/', from);
  return slash < 0 ? text.length : slash;
}

function sameLevel(a: string, from: number, end: number, b: string, at: number, next: number): boolean {
  if (end - from !== next - at) return false;
  for (let i = 0; i < end - from; i++) if (a.charCodeAt(from + i) !== b.charCodeAt(at + i)) return false;
  return true;
}
