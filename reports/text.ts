/** Text of strangers' programs, made harmless for readers that show it as it is. */

/** Control characters, and those that turn the direction of writing or cannot be seen. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Returns one line without control characters, of at most `most` characters; what is left out is counted. */
export function oneLine(text: string, most = 600): string {
  // Cut first: a message may be a megabyte long.
  const characters = text
    .slice(0, 2 * most + 2)
    .replace(/[\t\r\n]\s*/g, ' ')
    .trim()
    .replace(unseen, '\u{FFFD}');
  if (characters.length <= most && text.length <= 2 * most + 2) return characters;
  return `${characters.slice(0, most)}… (${text.length.toLocaleString('en-US')} characters)`;
}
