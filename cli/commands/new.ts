/** `etalon new backend`: a starting point that runs. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  const operation = new Command('operation')
    .description(
      'Write the files of an operation: in a clone its reference and its entry, elsewhere a module for --operations.',
    )
    .argument('[name]', 'its name, as in leakyRelu; needed in a clone')
    .option('--directory <folder>', 'the clone, or where the module goes', '.')
    .addHelpText('after', '\nExamples:\n  etalon new operation leakyRelu\n  etalon new operation --directory my-operations')
    .action(createOperation);
  return new Command('new').description('Write a starting point.').addCommand(backend).addCommand(operation);
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

const operationStarter = (file: string) => new URL(`../../suites/starters/${file}`, import.meta.url);

function createOperation(name: string | undefined, { directory }: { readonly directory: string }): void {
  const table = join(directory, 'suites/operations/index.ts');
  if (!existsSync(table)) {
    write([[join(directory, 'operations.mjs'), readFileSync(operationStarter('operations.mjs'), 'utf8')]]);
    process.stdout.write(`next:\n  etalon check --operations ${join(directory, 'operations.mjs')} --adapter ./mine.mjs\n`);
    return;
  }
  if (name === undefined || !/^[a-z][A-Za-z0-9]*$/.test(name))
    throw new UsageError(`a name like leakyRelu is needed: etalon new operation NAME`);
  const title = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^./, (letter) => letter.toUpperCase());
  const filled = (file: string) =>
    readFileSync(operationStarter(file), 'utf8').replaceAll('TITLE', title).replaceAll('NAME', name);
  const entries = join(directory, 'suites/operations', name, 'entries.ts');
  write([
    [join(directory, 'reference', `${name}.ts`), filled('reference.ts.txt')],
    [entries, filled('entries.ts.txt')],
  ]);
  process.stdout.write(`next:
  write the formula in ${join(directory, 'reference', `${name}.ts`)}
  add two lines to ${table}: import { ${name}Operations } from './${name}/entries.ts'; and ...${name}Operations,
  npm run typecheck && npx vitest run suites/operations/table.test.ts     # says what is missing
`);
}

/** @throws UsageError when a file exists already or cannot be written; nothing is written over. */
function write(files: readonly (readonly [path: string, content: string])[]): void {
  const taken = files.filter(([path]) => existsSync(path)).map(([path]) => path);
  if (taken.length > 0) throw new UsageError(`${taken.join(', ')} exists already`);
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      process.stdout.write(`wrote ${path}\n`);
    }
  } catch (error) {
    throw new UsageError(`cannot write: ${error instanceof Error ? error.message : String(error)}`);
  }
}
