import { Command } from 'commander';
import { type ReporterName, reporters } from '../../reports/index.ts';
import { journalName } from '../outputFolder.ts';
import { readReport } from '../readReport.ts';
import { requireName } from '../selection.ts';
import { defaultFormats, writeReports } from '../writeReports.ts';

const warn = (problem: string) => process.stderr.write(`etalon: ${problem}\n`);

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
      for (const path of await writeReports(readReport(file, warn), options.output, formats)) process.stdout.write(`${path}\n`);
    });
}
