/** The site of many runs: what is kept of a run, how versions and runs are put in order, and what the pages say. */
import { describe, expect, it } from 'vitest';
import type { Outcome, RunReport, Status } from '../../suites/runReport.ts';
import { sampleReport } from '../testing/sample.ts';
import { emptyCatalogue, withRun } from './catalogue.ts';
import { changesOf, compareVersions, linesOf } from './lines.ts';
import { type PublishedRun, publishedRun } from './run.ts';
import { publishedSite } from './site.ts';

const [base] = sampleReport.backends;

/** A run of some backends that has one outcome for each operation that is named. */
function run(day: number, versions: Readonly<Record<string, string>>, verdicts: Readonly<Record<string, Status>>): RunReport {
  const outcome = (operation: string, backend: string, status: Status): Outcome => ({
    ...sampleReport.outcomes[0],
    ...{ operation, backend, status, caseId: `${operation}/plain/random`, reason: status === 'passed' ? undefined : 'is 0' },
  });
  return {
    ...sampleReport,
    startedAt: `2026-11-${String(day).padStart(2, '0')}T10:00:00.000Z`,
    backends: Object.entries(versions).map(([name, version]) => ({ ...base, name, version, holes: [] })),
    outcomes: Object.keys(versions).flatMap((name) =>
      Object.entries(verdicts).map(([operation, status]) => outcome(operation, name, status)),
    ),
    ...{ properties: [], timings: [], rows: [], inventory: undefined, algorithms: [], accuracy: [] },
  };
}

async function filesOf(reports: readonly RunReport[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const catalogue = reports.reduce(withRun, emptyCatalogue);
  for await (const [path, text] of publishedSite(
    reports.map((report) => publishedRun(report)),
    catalogue,
  ))
    files[path] = text;
  return files;
}

/** Tags left out. */
const visible = (markup: string) =>
  markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/\s+/g, ' ');

describe('what is kept of a run', () => {
  const kept = publishedRun(sampleReport);
  const cellOf = (backend: string, operation: string) =>
    kept.backends.find(({ name }) => name === backend)!.operations[operation];

  it('counts each result once, by its kind', () => {
    const all = [...sampleReport.outcomes, ...sampleReport.properties];
    for (const { name } of kept.backends.filter(({ ran }) => ran)) {
      for (const operation of new Set(all.filter(({ backend }) => backend === name).map((one) => one.operation))) {
        const own = all.filter((one) => one.backend === name && one.operation === operation).map(({ status }) => status);
        const amount = (...wanted: Status[]) => own.filter((status) => wanted.includes(status)).length;
        expect(cellOf(name, operation).slice(1, 5), `${operation} on ${name}`).toEqual([
          amount('passed'),
          amount('expectedFailure'),
          amount('failed', 'errored', 'crashed', 'timedOut', 'unexpectedPass'),
          amount('unsupported', 'notAsked'),
        ]);
      }
    }
  });

  it('has the worst status, the largest error and the reason', () => {
    expect(cellOf('js', 'matmul').slice(0, 6)).toEqual(['passed', 3, 0, 0, 0, 0.21]);
    const [status, , , , , ratio, why] = cellOf('student', 'matmul');
    expect(status).toBe('crashed');
    expect(ratio).toBe(1.004);
    expect(why).toMatch(/./);
    expect(cellOf('tfjs-wasm', 'conv2d.weightGradient')[0]).toBe('unsupported');
  });

  it('never rounds a wrong answer to the limit', () => {
    const [first, ...rest] = sampleReport.outcomes;
    const output = { ...first.outputs[0], errorRatio: 1.00004 };
    const wrong = publishedRun({ ...sampleReport, outcomes: [{ ...first, outputs: [output] }, ...rest] });
    expect(wrong.backends.find(({ name }) => name === first.backend)!.operations[first.operation][5]).toBeGreaterThan(1);
  });

  it('has an address that depends on the run alone', () => {
    expect(kept.id).toMatch(/^20260312T093000Z-[0-9a-f]{8}$/);
    expect(publishedRun(JSON.parse(JSON.stringify(sampleReport))).id).toBe(kept.id);
    expect(publishedRun({ ...sampleReport, seed: 2 }).id).not.toBe(kept.id);
  });
});

describe('lines', () => {
  it('orders versions by their numbers', () => {
    const sorted = ['1.10.0', '4.0.0', '1.9.2', '4.0.0-rc.10', '4.0.0-rc.2', '1.9', '4.0.0.1'].toSorted(compareVersions);
    expect(sorted).toEqual(['1.9', '1.9.2', '1.10.0', '4.0.0-rc.2', '4.0.0-rc.10', '4.0.0', '4.0.0.1']);
  });

  it('takes each operation from the latest run that asked it', () => {
    const runs = [
      run(3, { mine: '1.0.0' }, { relu: 'failed' }),
      run(1, { mine: '1.0.0' }, { relu: 'passed', conv2d: 'passed' }),
    ];
    const [{ versions, entries }] = linesOf(runs.map((report) => publishedRun(report)));
    expect(entries.map((entry) => entry.run.startedAt.slice(8, 10))).toEqual(['01', '03']);
    expect(versions).toHaveLength(1);
    expect([...versions[0].operations].map(([name, [status]]) => `${name} ${status}`).sort()).toEqual([
      'conv2d passed',
      'relu failed',
    ]);
  });

  it('puts versions of one backend together, in one run or in several', () => {
    const runs = [
      run(1, { 'mine@1.9.0': '1.9.0', 'mine@1.10.0': '1.10.0' }, { relu: 'passed' }),
      run(2, { mine: '2.0.0' }, {}),
    ];
    const [line] = linesOf(runs.map((report) => publishedRun(report)));
    expect(line.versions.map(({ version }) => version)).toEqual(['2.0.0', '1.10.0', '1.9.0']);
  });

  it('tells what each run changed', () => {
    const statuses: Status[] = ['passed', 'expectedFailure', 'failed', 'passed'];
    const runs = statuses.map((status, i) => publishedRun(run(i + 1, { mine: '1.0.0' }, { relu: status, conv2d: 'passed' })));
    const [line] = linesOf(runs);
    expect(changesOf(line).map((changes) => changes.map(({ operation, after }) => `${operation} ${after[0]}`))).toEqual([
      [],
      ['relu expectedFailure'],
      [],
      ['relu passed'],
    ]);
  });
});

describe('the site', () => {
  const versions = ['1.9.0', '1.10.0', '1.11.0', '2.0.0'];
  const reports = versions.map((version, i) =>
    run(
      i + 1,
      { [`mine@${version}`]: version },
      {
        'tanh.derivative': i === 0 || i === 3 ? 'failed' : 'passed',
        matmul: i < 2 ? 'unsupported' : 'passed',
        softmax: 'passed',
      },
    ),
  );

  it('says in which version a defect came and went', async () => {
    const files = await filesOf(reports);
    const first = visible(files['index.html']);
    expect(first).toContain('1 backend in 4 versions, 4 runs');
    expect(first).toContain('1 defect came or went between versions.');
    expect(first).toContain('wrong up to 1.9.0, right from 1.10.0 to 1.11.0, wrong from 2.0.0 on');
    expect(first).toContain('no answer up to 1.10.0, right from 1.11.0 on');
    expect(first.split('What changed between versions')[1].split('Every operation')[0]).not.toContain('softmax');
    const operation = visible(files['operations/tanh.derivative.html']);
    expect(operation).toMatch(/mine 2\.0\.0 failed 0 of 1.*mine 1\.10\.0 to 1\.11\.0 \(2\) passed 1 of 1.*mine 1\.9\.0 failed/);
    expect(operation).toMatch(/Known mistakes .* R1 1 − 2·tanh²\(x\)/);
    expect(visible(files['backends/mine.html'])).toContain('tanh.derivative from failed to passed');
    expect(JSON.parse(files['badges/mine.json'])).toMatchObject({ message: '2/3', color: 'red' });
  });

  it('says that none did where none did', async () => {
    const two = ['1.0.0', '1.1.0'].map((version, i) => run(i + 1, { mine: version }, { relu: 'failed' }));
    expect(visible((await filesOf(two))['index.html'])).toContain('No defect came or went between versions.');
  });

  it('keeps every address when runs are added', async () => {
    const before = Object.keys(await filesOf(reports.slice(0, 2)));
    const after = Object.keys(await filesOf([...reports, run(9, { other: '1' }, { softmax: 'passed' })]));
    expect(before.filter((path) => !after.includes(path))).toEqual([]);
    expect(after).toContain('backends/other.html');
  });

  it('is the same whatever the order in which the runs are read', async () => {
    expect(await filesOf(reports.toReversed())).toEqual(await filesOf(reports));
  });

  it('has every identifier once, and no link into nothing', async () => {
    const files = await filesOf([sampleReport, ...reports]);
    const all = (text: string, pattern: RegExp) => Array.from(text.matchAll(pattern), ([, found]) => found);
    const pages = Object.entries(files).filter(([path]) => path.endsWith('.html'));
    const identifiers = new Map(pages.map(([path, text]) => [path, all(text, /\bid="([^"]*)"/g)]));
    for (const [path, own] of identifiers) expect(own, path).toHaveLength(new Set(own).size);
    let links = 0;
    for (const [path, text] of pages) {
      for (const target of all(text, / (?:href|src)="([^"]*)"/g)) {
        if (/^(https?:|data:)/.test(target)) continue;
        const [file, anchor] = target.split('#');
        const resolved = file === '' ? path : new URL(file, `root:/${path}`).pathname.slice(1);
        links++;
        expect(Object.keys(files), `${target} in ${path}`).toContain(resolved);
        if (anchor && resolved !== 'compare.html') expect(identifiers.get(resolved), `${target} in ${path}`).toContain(anchor);
      }
    }
    expect(links).toBeGreaterThan(200);
  });

  it('shows what a stranger’s program says as text', async () => {
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>" onclick="alert(1)\u202e\u0007';
    const names = ['../../up', 'a/b', 'a b', evil, 'x'.repeat(1_000_000)];
    const attacked: RunReport = {
      ...run(1, Object.fromEntries(names.map((name) => [name, evil])), { [evil]: 'failed', __proto__: 'failed' }),
      operations: [{ ...sampleReport.operations[0], name: evil, title: evil }],
      command: evil,
    };
    const files = await filesOf([attacked]);
    for (const [path, text] of Object.entries(files)) {
      expect(path).toMatch(/^((operations|backends|badges)\/)?[\w-][\w.-]{0,120}$/);
      if (!path.endsWith('.html')) continue;
      expect([...text.matchAll(/<script/g)].length, path).toBeLessThanOrEqual(3);
      expect(text, path).not.toMatch(/<img (?!src="[^"]*badges\/)|"\s+onclick=/);
      expect(
        ['\u202e', '\u0007'].filter((hidden) => text.includes(hidden)),
        path,
      ).toEqual([]);
      expect(text.length, path).toBeLessThan(400_000);
    }
    expect(Object.keys(files).filter((path) => path.startsWith('backends/'))).toHaveLength(names.length);
  });

  it('stays light on its first page with ten backends in thirty versions', async () => {
    const operations = Array.from({ length: 94 }, (_, i) => ({ ...sampleReport.operations[i % 7], name: `operation${i}` }));
    const many = Array.from({ length: 30 }, (_, version) => {
      const names = Array.from({ length: 10 }, (_, i) => [`backend-number-${i}`, `1.${version}.0`]);
      const verdicts = operations.map(({ name }, i) => [name, (i * version) % 3 === 1 ? 'failed' : 'passed'] as const);
      return { ...run(1 + (version % 28), Object.fromEntries(names), Object.fromEntries(verdicts)), operations };
    });
    const page = (await filesOf(many))['index.html'];
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(300_000);
    expect(visible(page)).toContain('backend-number-9');
  });
});

it('keeps little of a run', () => {
  const kept: PublishedRun = publishedRun(sampleReport);
  expect(JSON.stringify(kept).length).toBeLessThan(JSON.stringify(sampleReport).length / 5);
});
