/** The files of a new assignment for some operations: they can be read and graded at once, and are there to be changed. */
import type { AnyOperation } from '../judging/operation.ts';
import { collected, isNeutral, snakeCase } from './assignment.ts';

/** Texts by file name. */
export function newAssignment(title: string, operations: readonly AnyOperation[]): Record<string, string> {
  const functions = operations.map(functionOf);
  const starters = functions.map(({ javascript, parameters, options }) => {
    const last = options.length > 0 ? [`{ ${options.join(', ')} }`] : [];
    return `export function ${javascript}(${[...parameters, ...last].join(', ')}) {\n  throw new Error('not written yet');\n}\n`;
  });
  const pythonStarters = functions.map(
    ({ python, parameters, options }) =>
      `def ${python}(${[...parameters, ...options].map(snakeCase).join(', ')}):\n    raise NotImplementedError\n`,
  );
  return {
    'assignment.yaml': [
      `title: ${JSON.stringify(title)}`,
      '# property: which property fails; place: where as well; mistake: which mistake as well',
      'hints: mistake',
      'exempt: [NaN and infinities, extreme values, empty batches]',
      'limits: { secondsPerCall: 5, seconds: 60, memoryMiB: 1024 }',
      'tasks:',
      ...functions.flatMap(({ operation, javascript, parameters, options, visible, hidden }) => [
        `  # etalon operations ${operation.name} prints its cases`,
        `  - operation: ${operation.name}`,
        `    function: ${javascript}`,
        `    arguments: [${[...operation.argumentNames(parameters), ...options].map((name) => (name.endsWith(']') ? `'${name}'` : name)).join(', ')}]`,
        '    checks:',
        '      - property: ordinary inputs',
        '        points: 1',
        `        visible: [${visible.join(', ')}]`,
        `        hidden: [${hidden.join(', ')}]`,
      ]),
      '',
    ].join('\n'),
    'text.md': [
      `# ${title}`,
      '',
      '| JavaScript, TypeScript | Python | returns | points |',
      '| --- | --- | --- | --- |',
      ...functions.map(({ javascript, python, parameters, options, outputs }) => {
        const last = options.length > 0 ? [`{ ${options.join(', ')} }`] : [];
        const names = [...parameters, ...options].map(snakeCase);
        return `| \`${javascript}(${[...parameters, ...last].join(', ')})\` | \`${python}(${names.join(', ')})\` | ${outputs.join(', ')} | 1 |`;
      }),
      '',
    ].join('\n'),
    'starter.mjs': `/** ${title}: text.md says what is asked. Arrays are nested arrays. */\n\n${starters.join('\n')}`,
    'starter.py': `"""${title}: text.md says what is asked. Arrays are nested lists; with the next line they are numpy arrays."""\n\n# arrays = "numpy"\n\n\n${pythonStarters.join('\n\n')}`,
    'solutions/README.md':
      'solution.mjs, solution.py and wrong.yaml belong here: `etalon assignment check` grades them. Keep this folder from students.\n',
  };
}

function functionOf(operation: AnyOperation) {
  const usual = operation.cases.filter(
    ({ name, sizes, attributes }) =>
      !/special|infinit|nan|subnormal|huge|tiny|empty/.test(name) &&
      !Object.values(sizes).includes(0) &&
      JSON.stringify(Object.keys(operation.inputs(attributes))) ===
        JSON.stringify(Object.keys(operation.inputs(operation.cases[0].attributes))),
  );
  const [first, ...others] = usual.length > 0 ? usual : operation.cases;
  const javascript = operation.name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());
  const chosen = [first, ...others.slice(0, 2)];
  const inputs = collected(Object.keys(operation.inputs(first.attributes)));
  const options = Object.keys(operation.attributes).filter(
    (name) => !chosen.every(({ attributes }) => isNeutral(attributes[name])) || !isOne(chosen, name),
  );
  return {
    operation: {
      name: operation.name,
      argumentNames: (parameters: readonly string[]) =>
        parameters.map((name, i) => (inputs[i].endsWith('[]') ? `${name}[]` : name)),
    },
    javascript,
    python: snakeCase(javascript),
    parameters: inputs.map((name) => name.replace('[]', '')),
    options,
    outputs: collected(Object.keys(operation.outputs(first.attributes))).map((name) => name.replace('[]', '')),
    visible: [first.name],
    hidden: others.slice(0, 2).map(({ name }) => name),
  };
}

function isOne(cases: readonly { readonly attributes: Readonly<Record<string, unknown>> }[], name: string): boolean {
  return new Set(cases.map(({ attributes }) => JSON.stringify(attributes[name]))).size === 1;
}
