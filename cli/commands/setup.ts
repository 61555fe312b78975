import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { cacheFolder } from '../../backends/installed.ts';
import { UsageError } from '../errors.ts';
import { requireName } from '../selection.ts';
import { setups } from '../setup/index.ts';
import { isInstalled, megabytes, runSetup, type Setup, type SetupChoices } from '../setup/setup.ts';
import { formatTable } from '../table.ts';

interface SetupCommandOptions {
  readonly directory?: string;
  readonly cudaLibraries: SetupChoices['cudaLibraries'];
}

export function setupCommand(): Command {
  return new Command('setup')
    .description('Fetch and build what a backend needs besides the packages, into a cache folder.')
    .argument('[names...]', 'what to set up; a list of what there is when nothing is named')
    .option('--directory <folder>', 'cache folder (default: $ETALON_CACHE, or ~/.cache/etalon)')
    .addOption(
      new Option(
        '--cuda-libraries <source>',
        'fetch: those that this machine lacks; machine: none, as the machine that runs it has them',
      )
        .choices(['fetch', 'machine'])
        .default('fetch'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  etalon setup\n  etalon setup tfjs-node\n  etalon setup tfjs-node --directory /scratch/etalon',
    )
    .action(async (names: string[], options: SetupCommandOptions) => {
      // For everything in this process and in those that it starts.
      if (options.directory !== undefined) process.env.ETALON_CACHE = resolve(options.directory);
      const wanted = names.map((name) => requireName('setup', name, Object.keys(setups)));
      if (wanted.length === 0) process.stdout.write(listing());
      for (const name of wanted) await setUp(name, options);
      if (options.directory !== undefined && wanted.length > 0) {
        process.stdout.write(`Backends look there when they are started with ETALON_CACHE=${cacheFolder()}\n`);
      }
    });
}

async function setUp(name: string, choices: SetupChoices): Promise<void> {
  try {
    await runSetup(name, setups[name](choices), { output: process.stderr });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // The registry, the compiler, the disk: all things that the caller can mend, and then the same command goes on.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`setup ${name}: ${message}\nThe same command goes on from here.`);
  }
}

function listing(): string {
  const rows = Object.entries(setups).map(([name, describe]) => {
    const setup = described(describe);
    if (typeof setup === 'string') return [name, setup, '', ''];
    const bytes = setup.parts.flatMap((part) => part.downloads ?? []).reduce((total, download) => total + download.bytes, 0);
    return [name, isInstalled(name, setup) ? 'done' : 'not done', megabytes(bytes), setup.summary];
  });
  return formatTable(['setup', 'status', 'download', 'what'], rows);
}

function described(describe: (choices: SetupChoices) => Setup): Setup | string {
  try {
    return describe({ cudaLibraries: 'fetch' });
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
}
