import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainText, webAddress } from './plainText.ts';

it.each([
  ['what is plain stays', 'at::native::relu ≥ 0: é, 数, 🙂', 'at::native::relu ≥ 0: é, 数, 🙂'],
  ['colours go', '\u001b[31mred\u001b[0m', 'red'],
  ['a title of the terminal goes', '\u001b]0;owned\u0007text', 'text'],
  ['bells and nulls show', 'a\u0007b\u0000c', 'a\ufffdb\ufffdc'],
  ['lines become one', 'first\r\n  second\n\nthird\u2028fourth', 'first | second | third | fourth'],
  ['what returns to the beginning does not', 'passed\rfailed', 'passed | failed'],
  ['a command of GitHub is none', '::error file=a::owned', ': :error file=a::owned'],
  ['a command in the middle is none', 'x\n::stop-commands::t', 'x | : :stop-commands::t'],
  ['a command of Azure is none', 'x ##vso[task.complete]', 'x # #vso[task.complete]'],
  ['an old command of GitHub is none', '##[error]owned', '# #[error]owned'],
  ['the direction of writing stays', 'abc\u202edef', 'abc\ufffddef'],
  ['half a character shows', 'a\ud800b', 'a\ufffdb'],
  ['tabs are spaces', 'a\tb', 'a b'],
])('%s', (_, text, shown) => {
  expect(plainText(text)).toBe(shown);
});

it('says how much was cut', () => {
  expect(plainText('x'.repeat(50_000_000), 2000)).toBe(`${'x'.repeat(2000)}… 49,998,000 more characters`);
});

it('is one short line without controls, whatever comes', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('\u001b', '[', '3', 'm', '\n', ':', 'e', '#', ' ') }),
  );
  fc.assert(
    fc.property(text, (any) => {
      const shown = plainText(any, 40);
      expect(shown.length).toBeLessThan(3 * 40 + 40);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/u);
      expect(shown).not.toMatch(/(^|\s)::[a-z]|##\[/i);
    }),
    { numRuns: 2000 },
  );
});

it.each([
  ['https://example.org/a?b', 'https://example.org/a?b'],
  ['http://example.org', 'http://example.org/'],
  ['javascript:alert(1)', undefined],
  ['file:///etc/passwd', undefined],
  ['not an address', undefined],
  [`https://example.org/${'x'.repeat(2000)}`, undefined],
  [undefined, undefined],
])('%s as a link is %s', (text, address) => {
  expect(webAddress(text)).toBe(address);
});
