import { Command } from 'commander';
import { journalName } from '../outputFolder.ts';
import { readReport } from '../readReport.ts';
import { reporterNames, withReportOptions, writeReports } from '../writeReports.ts';

interface ReportOptions {
  readonly output: string;
  readonly report?: string;
  readonly singleFile?: boolean;
}

export function reportCommand(): Command {
  return withReportOptions(new Command('report'))
    .description(`Make reports again from a run's run.json, or from the ${journalName} that a killed run left behind.`)
    .argument('<file>', `run.json or ${journalName}`)
    .option('--output <folder>', 'folder to write to', 'etalon-report')
    .addHelpText(
      'after',
      '\nExamples:\n  etalon report etalon-report/run.json --output site\n  etalon report etalon-report/run.jsonl --report html,markdown\n  etalon report etalon-report/run.json --report html --single-file',
    )
    .action(async (file: string, { output, report, singleFile }: ReportOptions) => {
      const formats = report === undefined ? undefined : reporterNames(report);
      const run = readReport(file, (remark) => process.stderr.write(`etalon: ${remark}\n`));
      for (const path of await writeReports(run, output, { formats, singleFile })) process.stdout.write(`${path}\n`);
    });
}
