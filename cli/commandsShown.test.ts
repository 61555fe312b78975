/** Every command that a README or a help text shows is understood: its options exist, and so do the names that it gives. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { embeddedBackends } from '../backends/index.ts';
import { versionedName } from '../backends/versions.ts';
import { createProgram } from './program.ts';
import { selectCases, selectOperations } from './selection.ts';
import { root } from './testing/command.ts';

const readmes = ['README.md', ...['reference', 'backends', 'suites', 'fixtures', 'reports', 'cli'].map((room) => `${room}/README.md`)];

/** The commands of a text: lines of code blocks and examples, and code in running text, that begin with etalon. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block.split('\n'));
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
  return [...blocks, ...inline]
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .map((line) => line.replace(/^npm run (?:--silent )?etalon -- /, 'etalon ').replace(/^npx etalon /, 'etalon '))
    .filter((line) => /^etalon [a-z]/.test(line) && !/[A-Z]{3}|…/.test(line));
}

const wordsOf = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).slice(1).map((word) => word.replace(/^["']|["']$/g, ''));

/** Parses a command with nothing done; throws what commander says of it. */
async function understood(line: string): Promise<void> {
  const program = createProgram();
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
  await program.parseAsync(wordsOf(line), { from: 'user' });
  for (const { options } of seen) {
    if (options.operations === undefined) {
      const operations = selectOperations(options.operation as string[] | undefined);
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

const examples = helpTexts(createProgram()).flatMap((text) =>
  (text.split('Examples:\n')[1] ?? '').split('\n').map((line) => line.trim()).filter((line) => line.startsWith('etalon ')),
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
