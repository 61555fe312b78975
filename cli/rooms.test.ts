/** The import rules between the rooms (an adapter must never be able to reach the expected values). */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each room may import, besides itself, by room or by single file. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  reference: [],
  backends: ['reference/tensor.ts'],
  suites: ['reference', 'backends', 'fixtures'],
  fixtures: [],
  reports: ['suites/runReport.ts', 'suites/grading/gradeReport.ts', 'suites/grading/kernelReport.ts', 'suites/runs/runDiff.ts'],
  cli: ['reference', 'backends', 'suites', 'fixtures', 'reports'],
};

/** The inner rooms of `suites/`, from the ground up: each imports itself, those before it, and the run report's type. */
const innerRooms: readonly string[] = [
  'judging',
  'operations',
  'documents',
  'running',
  'benchmarks',
  'runs',
  'grading',
  'selftest',
];

/** Packages that a room may not name: the reference imports nothing from outside, fixtures are data. */
const withoutPackages: readonly string[] = ['reference', 'fixtures'];

interface Import {
  readonly from: string;
  readonly specifier: string;
}

function violations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, specifier }) => {
    const room = from.split('/')[0];
    const test = from.endsWith('.test.ts') || from.includes('/testing/');
    if (!specifier.startsWith('.')) {
      return withoutPackages.includes(room) && !test ? [`${from} imports the package ${specifier}`] : [];
    }
    const target = relative(root, resolve(root, dirname(from), specifier));
    const targetRoom = target.split('/')[0];
    const permitted =
      targetRoom === room ||
      targetRoom === 'package.json' ||
      allowed[room].some((rule) => rule === target || rule === targetRoom);
    return permitted && !climbs(from, target) ? [] : [`${from} imports ${target}`];
  });
}

/** Whether an inner room of `suites/` imports one above it. Tests may use everything. */
function climbs(from: string, target: string): boolean {
  if (from.endsWith('.test.ts')) return false;
  const [own, other] = [from, target].map((file) => (file.startsWith('suites/') ? innerRooms.indexOf(file.split('/')[1]) : -1));
  return own >= 0 && other > own;
}

/** Static imports, re-exports and dynamic imports with a literal. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern = /(?:\bfrom\s+|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;
  return Array.from(text.matchAll(pattern), ([, , specifier]) => ({ from: file, specifier }));
}

const files = Object.keys(allowed).flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name)),
);

it('has every file of the project within the import rules of its room', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(violations(files.flatMap(importsOf))).toEqual([]);
});

it('has no loose file in suites but its index and the type of the run report', () => {
  const loose = files.filter((file) => /^suites\/[^/]+$/.test(file));
  expect(loose).toEqual(['suites/index.ts', 'suites/runReport.ts']);
  const rooms = new Set(files.filter((file) => /^suites\/.+\//.test(file)).map((file) => file.split('/')[1]));
  expect([...innerRooms, 'testing']).toEqual(expect.arrayContaining([...rooms]));
});

it('sees a violation', () => {
  const planted = [
    { from: 'backends/js/index.ts', specifier: '../../reference/activations.ts' },
    { from: 'backends/js/index.ts', specifier: '../../suites/judging/judge.ts' },
    { from: 'reference/softmax.ts', specifier: 'lodash' },
    { from: 'reference/softmax.ts', specifier: '../suites/judging/random.ts' },
    { from: 'reports/html.ts', specifier: '../suites/running/cases.ts' },
    { from: 'suites/judging/judge.ts', specifier: '../operations/index.ts' },
    { from: 'suites/running/run.ts', specifier: '../selftest/index.ts' },
    { from: 'backends/js/index.test.ts', specifier: '../../suites/running/cases.ts' },
  ];
  expect(violations(planted)).toHaveLength(planted.length);
  expect(violations([{ from: 'backends/js/index.ts', specifier: '../../reference/tensor.ts' }])).toEqual([]);
});
