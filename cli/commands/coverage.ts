import { Command } from 'commander';
import { inventory } from '../../fixtures/documents/inventory.ts';
import { coverage, type RowCoverage, rowCoverage } from '../../reports/coverage.ts';
import { site } from '../../reports/html/site.ts';
import { inaccurate } from '../../reports/summary.ts';
import { implementedRows } from '../../suites/documents/index.ts';
import type { RunReport } from '../../suites/runReport.ts';
import { executeDocuments } from '../documents.ts';
import { exitCodes } from '../errors.ts';
import { reportHeader } from '../header.ts';
import { startJournal } from '../journal.ts';
import { createProgress } from '../progress.ts';
import { readReport } from '../readReport.ts';
import { formatTable } from '../table.ts';
import { wholeNumber } from '../values.ts';

interface CoverageOptions {
  readonly seed: number;
  readonly thorough?: boolean;
  readonly json?: boolean;
}

export function coverageCommand(): Command {
  return new Command('coverage')
    .description("Execute the documents' rows, render their report, and say which rows were implemented, executed and shown.")
    .argument('[file]', 'look into this run.json or run.jsonl instead of executing the rows')
    .option('--seed <number>', 'seed of everything that is drawn', wholeNumber, 1)
    .option('--thorough', 'let the experiments that gain from it take longer')
    .option('--json', 'print the counts as JSON on one line')
    .addHelpText(
      'after',
      '\nExamples:\n  etalon coverage\n  etalon coverage --json\n  etalon coverage --thorough --seed 7\n  etalon coverage etalon-report/run.json',
    )
    .action(async (file: string | undefined, options: CoverageOptions) => {
      const report = file === undefined ? await execute(options) : readReport(file);
      // A report of a run that executed no rows lacks the list too: then all of them are missing.
      const pages = await site(report);
      const shown = [pages['documents.html'], pages['errata.html']].join('');
      const rows = rowCoverage({ ...report, inventory: report.inventory ?? inventory }, shown);
      const counts = coverage(rows);
      process.stdout.write(options.json ? `${JSON.stringify(counts)}\n` : coverageTable(rows));
      for (const { function: name, bound, worst } of inaccurate(report)) {
        process.stderr.write(`the reference's ${name}(${worst.input}) is ${worst.ulps} ulps off; its bound is ${bound}\n`);
      }
      if (counts.missing.length + counts.failed.length + inaccurate(report).length > 0) {
        process.exitCode = exitCodes.failureFound;
      }
    });
}

async function execute({ seed, thorough = false }: CoverageOptions): Promise<RunReport> {
  const journal = startJournal({ ...reportHeader([], seed), inventory });
  const progress = createProgress(process.stderr);
  await executeDocuments(journal, { seed, thorough, ids: implementedRows(), accuracy: true, progress: progress.update });
  progress.clear();
  return journal.finish();
}

function coverageTable(rows: readonly RowCoverage[]): string {
  const yes = (is: boolean) => (is ? 'yes' : 'NO');
  const { missing, failed, ...counts } = coverage(rows);
  const further = rows.filter(({ listed }) => !listed).length;
  // Of this process: all rows and the rendering of their page.
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const lines = rows.map((row) => [
    ...[row.id, yes(row.implemented), yes(row.executed), yes(row.shown), row.verdict],
    row.seconds.toFixed(2),
  ]);
  return [
    formatTable(['row', 'implemented', 'executed', 'shown', 'verdict', 'seconds'], lines),
    `${counts.rows} rows: ${counts.implemented} implemented, ${counts.executed} executed, ${counts.shown} shown; ${seconds.toFixed(1)} s, ${peakMiB} MiB of memory at most\n`,
    ...(further > 0 ? [`and ${further} errata found beyond the inventory\n`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}\n`] : []),
    ...(failed.length > 0 ? [`failed: ${failed.join(', ')}\n`] : []),
  ].join('');
}
