/** What a class got, and the mistakes that it makes most. */
import type { GradeReport } from '../../suites/grading/gradeReport.ts';
import { pointsText } from './points.ts';

export interface ClassSummary {
  readonly title: string;
  readonly students: number;
  readonly maximum: string;
  readonly mean: string;
  readonly full: number;
  readonly rows: readonly {
    readonly student: string;
    readonly file: string;
    readonly points: string;
    readonly percent: number;
    readonly says: string;
  }[];
  readonly tasks: readonly { readonly name: string; readonly full: number; readonly none: number; readonly percent: number }[];
  readonly mistakes: readonly {
    readonly function: string;
    readonly says: string;
    readonly students: number;
    readonly percent: number;
  }[];
}

const mostListed = 20;

export function classSummary(reports: readonly GradeReport[]): ClassSummary {
  const maximum = reports[0]?.maximum ?? 0;
  const total = reports.reduce((sum, { points }) => sum + Math.round(points * 100), 0) / 100;
  return {
    title: reports[0]?.assignment.title ?? '',
    students: reports.length,
    maximum: pointsText(maximum),
    mean: reports.length > 0 ? (total / reports.length).toFixed(2) : '0',
    full: reports.filter(({ points }) => points === maximum).length,
    rows: reports.map((report) => ({
      student: report.student,
      file: report.submission.file,
      points: pointsText(report.points),
      percent: percentOf(report.points, report.maximum),
      says: report.problem ?? shortFindings(report),
    })),
    tasks: (reports[0]?.tasks ?? []).map(({ operation, title }, i) => {
      const full = reports.filter(({ tasks }) => tasks[i].points === tasks[i].maximum).length;
      const none = reports.filter(({ tasks }) => tasks[i].points === 0).length;
      return { name: `${operation}: ${title}`, full, none, percent: percentOf(full, reports.length) };
    }),
    mistakes: commonMistakes(reports),
  };
}

/** What several students get wrong alike, most frequent first; names of functions differ between languages, operations do not. */
function commonMistakes(reports: readonly GradeReport[]): ClassSummary['mistakes'] {
  const counted = new Map<string, { function: string; says: string; students: Set<string> }>();
  for (const report of reports) {
    for (const { operation, findings } of report.tasks) {
      for (const { kind, headline, mistakes } of findings) {
        if (kind === 'stage') continue;
        const says = mistakes.length === 1 ? withoutName(headline) : kind;
        const key = `${operation} ${mistakes.length === 1 ? mistakes[0] : kind}`;
        const entry = counted.get(key) ?? { function: operation, says, students: new Set() };
        entry.students.add(report.student);
        counted.set(key, entry);
      }
    }
  }
  return [...counted.values()]
    .map(({ students, ...entry }) => ({ ...entry, students: students.size, percent: percentOf(students.size, reports.length) }))
    .sort((a, b) => b.students - a.students || compare(`${a.function}${a.says}`, `${b.function}${b.says}`))
    .slice(0, mostListed);
}

/** "`conv2d` (line 4) computes x. …" → "computes x" */
function withoutName(headline: string): string {
  return headline.replace(/^`[^`]*`(?: \(line \d+\))? /, '').replace(/\. .*$/s, '');
}

function shortFindings({ tasks }: GradeReport): string {
  return tasks
    .flatMap(({ findings }) =>
      findings.map(({ function: name, kind, mistakes }) => `${name}: ${mistakes.length === 1 ? mistakes[0] : kind}`),
    )
    .join('; ');
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** One line a student. A name that a spreadsheet would take for a formula is not handed on as one. */
export function classCsv(reports: readonly GradeReport[]): string {
  const tasks = reports[0]?.tasks ?? [];
  const head = ['student', 'file', 'attempt', 'points', 'maximum', ...tasks.map(({ operation }) => operation), 'findings'];
  const lines = reports.map((report) => [
    report.student,
    report.submission.file,
    String(report.attempt),
    pointsText(report.points),
    pointsText(report.maximum),
    ...report.tasks.map(({ points }) => pointsText(points)),
    report.problem ?? shortFindings(report),
  ]);
  return [head, ...lines].map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

function field(text: string): string {
  const plain = /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
