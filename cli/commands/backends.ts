import { Command } from 'commander';
import { embeddedBackends } from '../../backends/index.ts';
import { operations } from '../../suites/operations/index.ts';
import type { BackendRecord } from '../../suites/runReport.ts';
import { startBackends } from '../backends.ts';
import { requireName } from '../selection.ts';
import { formatTable } from '../table.ts';

export function backendsCommand(): Command {
  return new Command('backends')
    .description('List the backends, whether they run here, and the support matrix with the reason of each hole.')
    .argument('[names...]', 'backends to show; all embedded ones when none is named')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  etalon backends\n  etalon backends tfjs-cpu\n  etalon backends --json')
    .action(async (names: string[], options: { json?: boolean }) => {
      const allowed = Object.keys(embeddedBackends);
      const wanted = names.length > 0 ? names.map((name) => requireName('backend', name, allowed)) : allowed;
      const started = await startBackends({ backend: wanted, timeoutMs: 60_000 }, operations);
      await started.close();
      if (options.json) process.stdout.write(`${JSON.stringify(started.records, null, 2)}\n`);
      else
        process.stdout.write(
          [listing(started.records), supportMatrix(started.records), holes(started.records)].filter(Boolean).join('\n'),
        );
    });
}

function listing(records: readonly BackendRecord[]): string {
  const rows = records.map((record) => [
    record.name,
    record.status === 'ran' ? 'runs' : 'unavailable',
    [record.library, record.version].filter(Boolean).join(' '),
    [record.device, record.driver].filter(Boolean).join(', '),
    record.status === 'ran' ? `${record.dtype}, judged as ${record.precision ?? record.dtype}` : (record.reason ?? ''),
  ]);
  return formatTable(['backend', 'status', 'library', 'device', 'precision'], rows);
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
