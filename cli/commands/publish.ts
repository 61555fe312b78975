/** `etalon publish`: a static site from many runs. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { plural } from '../../reports/numbers.ts';
import { publishedSite } from '../../reports/publish/site.ts';
import { UsageError } from '../errors.ts';
import { makeFolder, writeWhole } from '../outputFolder.ts';
import { createProgress } from '../progress.ts';
import { openPublishedFolder, runFiles } from '../publishedFolder.ts';

interface PublishOptions {
  readonly runs?: readonly string[];
}

export function publishCommand(): Command {
  return new Command('publish')
    .description(
      'Make a static site from many runs: scoreboard, backends and their versions, operations, documents, comparison.',
    )
    .argument('<folder>', 'folder of the site; the runs that it already holds stay')
    .option('--runs <paths...>', 'run.json files, or folders in which they lie at any depth (default: the folder of the site)')
    .addHelpText(
      'after',
      `
The site keeps a summary of each run: a nightly job adds its own run and needs no other. The same run twice is one.
A run.json within the folder of the site gets a link to the report beside it.

Examples:
  etalon check --output nightly && etalon publish site --runs nightly
  etalon publish site --runs runs/2026 other/run.json
  etalon publish site`,
    )
    .action(publish);
}

async function publish(folder: string, { runs: paths }: PublishOptions): Promise<void> {
  if (folder === '') throw new UsageError('the name of a folder is needed');
  const files = paths?.flatMap(runFiles) ?? (existsSync(folder) ? runFiles(folder) : []);
  const site = openPublishedFolder(folder, (remark) => process.stderr.write(`etalon: ${remark}\n`));
  const progress = createProgress(process.stderr);
  let added = 0;
  for (const [i, { file, found }] of files.entries()) {
    if (site.add(file, found)) added++;
    progress.update('reading runs', i + 1, files.length);
  }
  progress.clear();
  if (site.runs.size === 0) {
    throw new UsageError(
      `no run report was found in ${(paths ?? [folder]).join(', ')}; etalon check --output FOLDER makes one`,
    );
  }
  site.keep();
  let written = 0;
  for await (const [path, text] of publishedSite([...site.runs.values()], site.catalogue)) {
    makeFolder(dirname(join(folder, path)));
    writeWhole(join(folder, path), text);
    written++;
  }
  const kept = site.runs.size - added;
  process.stdout.write(
    `${plural(added, 'run')} added${kept > 0 ? `, ${kept} were there` : ''}; ${plural(written, 'file')} written\nsite: ${join(folder, 'index.html')}\n`,
  );
}
