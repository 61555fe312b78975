import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type ReporterName, reporters } from '../../reports/index.ts';
import { type RunReport, schemaVersion } from '../../suites/runReport.ts';
import { UsageError } from '../errors.ts';
import { journalName, readJournal } from '../journal.ts';
import { requireName } from '../selection.ts';
import { defaultFormats, writeReports } from '../writeReports.ts';

export function reportCommand(): Command {
  const names = Object.keys(reporters);
  return new Command('report')
    .description(`Make reports again from a run's run.json, or from the ${journalName} that a killed run left behind.`)
    .argument('<file>', `run.json or ${journalName}`)
    .option('--output <folder>', 'folder to write to', 'etalon-report')
    .option('--format <names>', `formats, separated by commas: ${names.join(', ')}`, (value) => value.split(','), [
      ...defaultFormats,
    ])
    .addHelpText(
      'after',
      '\nExamples:\n  etalon report etalon-report/run.json --output site\n  etalon report etalon-report/run.jsonl --format html,markdown',
    )
    .action(async (file: string, options: { output: string; format: string[] }) => {
      const formats = options.format.map((name) => requireName('format', name, names) as ReporterName);
      for (const path of await writeReports(readReport(file), options.output, formats)) process.stdout.write(`${path}\n`);
    });
}

/** @throws UsageError when the file cannot be read or is not a report of this schema. */
function readReport(file: string): RunReport {
  let text: string;
  try {
    if (file.endsWith('.jsonl')) return readJournal(file);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not a run report: it is not JSON`);
  }
  const version = (content as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (version === undefined) throw new UsageError(`${file} is not a run report: it has no schemaVersion`);
  if (version !== schemaVersion)
    throw new UsageError(`${file} has report schema ${version}; this version of etalon reads ${schemaVersion}`);
  return content as RunReport;
}
