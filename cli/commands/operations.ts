import { Command } from 'commander';
import { type CaseReference, checkedCasesOf, shippedCasesOf } from '../../suites/running/cases.ts';
import { describeOperation } from '../../suites/running/describeOperation.ts';
import { selectOperations } from '../selection.ts';
import { formatTable } from '../table.ts';

export function operationsCommand(): Command {
  return new Command('operations')
    .description('List the operations of the table, or show some of them whole.')
    .argument('[names...]', 'operations to show; a trailing * selects by beginning')
    .option('--cases', 'list what is asked and why, the cases at boundary sizes included')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  etalon operations\n  etalon operations conv2d 'softmax*'\n  etalon operations matmul --cases\n  etalon operations --json",
    )
    .action((names: string[], options: { json?: boolean; cases?: boolean }) => {
      const selected = selectOperations(names);
      if (options.cases) {
        const asked = selected.flatMap(checkedCasesOf).map((reference) => ({ id: reference.id, ...whatIsAsked(reference) }));
        if (options.json) process.stdout.write(`${JSON.stringify(asked, null, 2)}\n`);
        else
          process.stdout.write(
            formatTable(
              ['case', 'sizes', 'why'],
              asked.map(({ id, sizes, why }) => [id, sizes, why]),
            ),
          );
      } else if (options.json) {
        const records = selected.map((operation) => ({
          ...describeOperation(operation),
          cases: shippedCasesOf(operation).map(({ id }) => id),
        }));
        process.stdout.write(`${JSON.stringify(records, null, 2)}\n`);
      } else if (names.length === 0) {
        const rows = selected.map((operation) => [
          operation.name,
          String(shippedCasesOf(operation).length),
          operation.bound.errorClass,
          operation.rows.join(' '),
          operation.title,
        ]);
        process.stdout.write(formatTable(['operation', 'cases', 'error class', 'rows', 'title'], rows));
      } else {
        for (const operation of selected) process.stdout.write(`${details(operation)}\n`);
      }
    });
}

/** The sizes of a case, and why it is asked. */
function whatIsAsked({ operation, recipe, tier }: CaseReference): { sizes: string; why: string } {
  const sizes = Object.entries(recipe.sizes).map(([dimension, size]) => `${dimension} ${size}`);
  return { sizes: sizes.join(', '), why: [why(recipe, recipe === operation.large), tiers[tier]].join('; ') };
}

const tiers = { random: 'real numbers', exact: 'integers, of which only one answer is right' };

function why({ name, asks, given }: CaseReference['recipe'], isLarge: boolean): string {
  if (asks !== undefined) return asks;
  if (isLarge) return 'many outputs';
  if (given !== undefined) return `${name.replaceAll('-', ' ')}, with given numbers`;
  if (name.startsWith('special-')) return `special value: ${name.slice('special-'.length).replaceAll('-', ' ')}`;
  return name.replaceAll('-', ' ');
}

function details(operation: ReturnType<typeof selectOperations>[number]): string {
  const record = describeOperation(operation);
  const shapes = (tensors: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(tensors).map(([name, dimensions]) => `  ${name} [${dimensions.join(', ')}]`);
  const attributes = Object.entries(record.attributes).map(([name, text]) => `  ${name}: ${text}`);
  return [
    `${record.name}: ${record.title}${record.onnx ? ` (ONNX ${record.onnx})` : ''}`,
    `formula: ${record.formula}`,
    `rows: ${record.rows.join(' ')}; reference: ${record.source}`,
    ...(attributes.length > 0 ? ['attributes:', ...attributes] : []),
    'inputs:',
    ...shapes(record.inputs),
    'outputs:',
    ...shapes(record.outputs),
    ...(record.constraints.length > 0
      ? ['constraints:', ...record.constraints.map(({ id, text }) => `  (${id}) ${text}`)]
      : []),
    `bound (${record.errorClass}): ${record.bound}`,
    `  ${record.derivation}`,
    'cases:',
    ...shippedCasesOf(operation).map(({ id }) => `  ${id}`),
    '',
  ].join('\n');
}
