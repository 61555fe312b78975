/** Text that a worker sends, before it reaches a terminal, a log or a report: of limited length, on one line, without anything that acts. */
import { stripVTControlCharacters } from 'node:util';

/** Longest texts of a worker, in characters; what is longer is cut and says by how much. */
export const textLimits = { name: 100, detail: 300, message: 2000, link: 1000 } as const;

const lineBreaks = /\s*[\r\n\u0085\u2028\u2029]+\s*/gu;
/** Controls, invisible characters and those that turn the direction of what follows. */
const invisible = /[\p{Cc}\p{Cf}\p{Surrogate}\p{Noncharacter_Code_Point}]/gu;
/** What GitHub, Azure and TeamCity take for a command in a log. */
const commandStart = /(^|\s)::(?=[a-z])/giu;
const bracketCommand = /##(?=(vso|teamcity)?\[)/giu;

/**
 * The text as it can be shown anywhere: cut at `limit` characters ("… 4,000 more characters"), line breaks as ` | `, controls as `�`, and
 * commands to a build system with a space in them.
 */
export function plainText(text: string, limit: number = textLimits.message): string {
  const more = text.length - limit;
  const kept = more > 0 ? text.slice(0, limit) : text;
  const shown = stripVTControlCharacters(kept)
    .trim()
    .replace(lineBreaks, ' | ')
    .replaceAll('\t', ' ')
    .replace(invisible, '\ufffd')
    .replace(commandStart, '$1: :')
    .replace(bracketCommand, '# #');
  return more > 0 ? `${shown}… ${more.toLocaleString('en-US')} more characters` : shown;
}

/** The address when it is one of the web and short enough, and nothing otherwise: a report makes a link of it. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > textLimits.link || !URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
