import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { embeddedBackends } from '../../backends/index.ts';
import { cacheFolder } from '../../backends/installed.ts';
import { UsageError } from '../errors.ts';
import { requireName } from '../selection.ts';
import { parseSize, writeBundle } from '../setup/bundle.ts';
import { setups } from '../setup/index.ts';
import { fetchedBytes, isInstalled, megabytes, runSetup, type Setup, type SetupChoices } from '../setup/setup.ts';
import { formatTable } from '../table.ts';

interface SetupCommandOptions {
  readonly directory?: string;
  readonly cudaLibraries: SetupChoices['cudaLibraries'];
  readonly bundle?: string;
  readonly partSize: number;
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
    .option(
      '--bundle <folder>',
      'pack Node, the project and what is set up into numbered parts, for a machine without a network',
    )
    .option('--part-size <size>', 'most bytes of a part, as in 64M', sizeInBytes, 64 * 1024 ** 2)
    .addHelpText(
      'after',
      '\nExamples:\n  etalon setup\n  etalon setup tfjs-node\n  etalon setup tfjs-node --directory /scratch/etalon\n  etalon setup onnxruntime-cuda --cuda-libraries machine --bundle gpu-bundle --part-size 64M',
    )
    .action(async (names: string[], options: SetupCommandOptions) => {
      // For everything in this process and in those that it starts.
      if (options.directory !== undefined) process.env.ETALON_CACHE = resolve(options.directory);
      const wanted = names.map((name) => requireName('setup', name, Object.keys(setups)));
      if (wanted.length === 0) process.stdout.write(listing());
      if (options.bundle !== undefined && wanted.length === 0)
        throw new UsageError('--bundle needs the names of what it packs');
      for (const name of wanted) await setUp(name, options);
      if (options.bundle !== undefined) await bundle(wanted, resolve(options.bundle), options);
      else if (options.directory !== undefined && wanted.length > 0) {
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

async function bundle(names: readonly string[], directory: string, options: SetupCommandOptions): Promise<void> {
  const { partSize: partBytes, cudaLibraries } = options;
  const setUpBackends = names.flatMap((name) =>
    Object.entries(embeddedBackends).flatMap(([backend, { setup }]) => (setup === name ? [backend] : [])),
  );
  try {
    await writeBundle({ setups: names, backends: setUpBackends, directory, partBytes, cudaLibraries, output: process.stderr });
  } catch (error) {
    throw new UsageError(`bundle: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.stdout.write(`Take the files of ${directory} to the other machine and run there: ./run.sh\n`);
}

function sizeInBytes(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('A size above 0, as in 64M, 1G or 5000000.');
  return bytes;
}

function listing(): string {
  const rows = Object.entries(setups).map(([name, describe]) => {
    const setup = described(describe);
    if (typeof setup === 'string') return [name, setup, '', ''];
    const bytes = setup.parts.reduce((total, part) => total + fetchedBytes(part), 0);
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
