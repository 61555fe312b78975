import { Command } from 'commander';
import { embeddedBackends } from '../../backends/index.ts';
import { readInstalled } from '../../backends/installed.ts';
import { allowances } from '../../reports/precision.ts';
import { operations } from '../../suites/operations/index.ts';
import type { BackendRecord } from '../../suites/runReport.ts';
import { startBackends } from '../backends.ts';
import { requireName } from '../selection.ts';
import { formatTable } from '../table.ts';

export function backendsCommand(): Command {
  return new Command('backends')
    .description('List the backends, whether they run here, and the support matrix with the reason of each hole.')
    .argument('[names...]', 'backends to show; all embedded ones when none is named')
    .option('--list', 'only the list, without the support matrix')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  etalon backends --list\n  etalon backends tfjs-cpu\n  etalon backends --json')
    .action(async (names: string[], options: { list?: boolean; json?: boolean }) => {
      const allowed = Object.keys(embeddedBackends);
      const wanted = names.length > 0 ? names.map((name) => requireName('backend', name, allowed)) : allowed;
      const started = await startBackends({ backend: wanted, timeoutMs: 60_000 }, operations);
      await started.close();
      if (options.json) process.stdout.write(`${JSON.stringify(started.records, null, 2)}\n`);
      else {
        const parts = options.list ? [] : [supportMatrix(started.records), holes(started.records)];
        process.stdout.write(
          [listing(started.records), missing(started.records), ...parts].filter((part) => part !== '').join('\n'),
        );
      }
    });
}

function listing(records: readonly BackendRecord[]): string {
  const rows = records.map((record) => [
    record.name,
    record.status === 'ran' ? 'runs' : 'does not run here',
    [record.library, record.version].filter(Boolean).join(' '),
    [record.device, record.driver].filter(Boolean).join(', '),
    record.status === 'ran'
      ? `${record.dtype}, judged as ${[record.precision ?? record.dtype, ...allowances(record)].join(', ')}`
      : '',
  ]);
  return formatTable(['backend', 'status', 'library', 'device', 'precision'], rows);
}

/** What each of the others lacks, and the command that mends it where a command can. */
function missing(records: readonly BackendRecord[]): string {
  return records
    .filter(({ status }) => status !== 'ran')
    .map(({ name, reason = 'it does not start' }) => `${name}: ${reason}${mending(name, reason)}\n`)
    .join('');
}

function mending(name: string, reason: string): string {
  const setup = embeddedBackends[name]?.setup;
  if (setup === undefined || readInstalled(setup) !== undefined || reason.includes('etalon setup')) return '';
  return `; run: etalon setup ${setup}`;
}

function supportMatrix(records: readonly BackendRecord[]): string {
  const running = records.filter(({ status }) => status === 'ran');
  if (running.length === 0) return '';
  const rows = operations.map(({ name }) => [
    name,
    ...running.map(({ holes }) => (holes.some(({ operation }) => operation === name) ? '-' : 'yes')),
  ]);
  return formatTable(['operation', ...running.map(({ name }) => name)], rows);
}

function holes(records: readonly BackendRecord[]): string {
  return records
    .flatMap((record) =>
      record.holes.map(({ operation, reason, link }) => `${record.name} ${operation}: ${reason}${link ? ` (${link})` : ''}\n`),
    )
    .join('');
}
