/** `etalon new backend`: a starting point that runs. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { UsageError } from '../errors.ts';

interface Starter {
  /** Copied beside each other, from `backends/`. */
  readonly files: readonly string[];
  /** What to type next, in the new folder. */
  readonly next: readonly string[];
}

const starters: Readonly<Record<string, Starter>> = {
  python: {
    files: ['starters/mine.py', 'process/etalon.py'],
    next: ['etalon check --worker "python3 mine.py"'],
  },
  javascript: { files: ['starters/mine.mjs'], next: ['etalon check --adapter ./mine.mjs'] },
  cpp: {
    files: ['starters/mine.cpp', 'process/etalon.hpp'],
    next: ['g++ -std=c++17 -O2 -o mine mine.cpp', 'etalon check --worker ./mine'],
  },
};

export function newCommand(): Command {
  const backend = new Command('backend')
    .description('Write a small backend that runs, to start from: two operations and how to check them.')
    .addOption(
      new Option('--language <language>', 'what it is written in').choices(Object.keys(starters)).makeOptionMandatory(),
    )
    .option('--directory <folder>', 'where its files go', '.')
    .addHelpText(
      'after',
      '\nExamples:\n  etalon new backend --language python\n  etalon new backend --language cpp --directory my-backend',
    )
    .action(createBackend);
  return new Command('new').description('Write a starting point.').addCommand(backend);
}

function createBackend({ language, directory }: { readonly language: string; readonly directory: string }): void {
  const { files, next } = starters[language];
  const copies = files.map((file) => ({
    from: new URL(`../../backends/${file}`, import.meta.url),
    to: join(directory, file.split('/')[1]),
  }));
  const taken = copies.filter(({ to }) => existsSync(to)).map(({ to }) => to);
  if (taken.length > 0) throw new UsageError(`${taken.join(', ')} exists already; --directory names another folder`);
  try {
    mkdirSync(directory, { recursive: true });
    for (const { from, to } of copies) copyFileSync(from, to);
  } catch (error) {
    throw new UsageError(`--directory ${directory}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const steps = directory === '.' ? next : [`cd ${directory}`, ...next];
  process.stdout.write(
    `${copies.map(({ to }) => `wrote ${to}\n`).join('')}next:\n${steps.map((step) => `  ${step}\n`).join('')}`,
  );
}
