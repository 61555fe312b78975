/** Every command that a README or a help text shows is understood: its options exist, and so do the names that it gives. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { embeddedBackends } from '../backends/index.ts';
import { versionedName } from '../backends/versions.ts';
import { createProgram } from './program.ts';
import { selectCases, selectOperations } from './selection.ts';
import { root } from './testing/command.ts';

const readmes = [
  'README.md',
  ...['reference', 'backends', 'suites', 'fixtures', 'reports', 'cli'].map((room) => `${room}/README.md`),
];

/** Leaves out what the shell reads: comments, redirections. */
const withoutShell = (line: string): string => line.replace(/\s+(#|>).*$/, '').trim();

/** The commands of a text: lines of code blocks and examples, and code in running text, that begin with etalon. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block.split('\n'));
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
  return [...blocks, ...inline]
    .flatMap((line) => line.split(/; | && /))
    .map(withoutShell)
    .map((line) => line.replace(/^npm run (?:--silent )?etalon -- /, 'etalon ').replace(/^npx etalon /, 'etalon '))
    .filter((line) => /^etalon [a-z]/.test(line) && !/[A-Z]{3}|…/.test(line));
}

const wordsOf = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).slice(1).map((word) => word.replace(/^["']|["']$/g, ''));

/** Parses a command with nothing done; throws what commander says of it. */
async function understood(line: string): Promise<void> {
  const program = await createProgram();
  const seen: { names: string[]; options: Record<string, unknown> }[] = [];
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    if (command.commands.length === 0) {
      command.action(() => {
        seen.push({ names: command.args, options: command.opts() });
      });
    }
    command.commands.forEach(quiet);
  };
  quiet(program);
  const words = wordsOf(line);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    // Text that names a command does not call it.
    const named = words.every((word) => /^[a-z]+$/.test(word));
    const incomplete = ['commander.missingMandatoryOptionValue', 'commander.missingArgument', 'commander.help'];
    if (!(named && error instanceof CommanderError && incomplete.includes(error.code))) throw error;
  }
  for (const { options } of seen) {
    if (options.operations === undefined) {
      const operations = selectOperations(
        options.operation === undefined ? undefined : ([options.operation].flat() as string[]),
      );
      if (options.case) selectCases(operations, options.case as string[]);
    }
    for (const name of (options.backend as string[] | undefined) ?? [])
      expect(Object.keys(embeddedBackends)).toContain(versionedName(name).name);
  }
}

describe.each(readmes)('%s', (file) => {
  const commands = commandsIn(readFileSync(join(root, file), 'utf8'));
  if (commands.length > 0) it.each(commands)('%s', understood);
  else it('shows no command', () => expect(commands).toEqual([]));
});

function helpTexts(command: Command): string[] {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return [text, ...command.commands.flatMap(helpTexts)];
}

const examples = helpTexts(await createProgram()).flatMap((text) =>
  (text.split('Examples:\n')[1] ?? '')
    .split(/\n|; | && /)
    .map(withoutShell)
    .filter((line) => line.startsWith('etalon ')),
);

describe('help', () => {
  it('has examples', () => expect(examples.length).toBeGreaterThan(10));
  it.each(examples)('%s', understood);
});

it('sees a command that is not understood', async () => {
  await expect(understood('etalon check --bakend js')).rejects.toThrow('unknown option');
  await expect(understood('etalon chek')).rejects.toThrow();
  await expect(understood('etalon check --case conv2d/strided/random')).rejects.toThrow('does not exist');
});
