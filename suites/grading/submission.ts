/**
 * A submission as a file (or a folder with one) that somebody handed in: everything that can be said without running it, in one sentence with
 * the line. It is copied before it runs, so that it cannot be exchanged meanwhile.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type Node, parse } from 'acorn';
import { transform } from 'sucrase';

export type Language = 'javascript' | 'python';

export interface Submission {
  readonly path: string;
  /** Name of the file itself. */
  readonly file: string;
  readonly language: Language;
  readonly text: string;
  /** Of the text, and of what lies beside it in a folder. */
  readonly sha256: string;
  /** Lines of functions that are declared at the top, where the parent can read them. */
  readonly lines: Readonly<Record<string, number>>;
  /** Why it cannot be run, in one sentence. */
  readonly problem?: string;
}

const languages: Readonly<Record<string, Language>> = {
  '.mjs': 'javascript',
  '.js': 'javascript',
  '.ts': 'javascript',
  '.mts': 'javascript',
  '.py': 'python',
};
const endings = Object.keys(languages).join(', ');

/** The submission at a path. What is wrong with it is its `problem`; only a path that leads nowhere is thrown. */
export function readSubmission(path: string, limits: { readonly fileKiB: number }): Submission {
  const status = lstatSync(path);
  if (status.isDirectory()) {
    const candidates = readdirSync(path).filter((name) => extname(name) in languages);
    const named = candidates.filter((name) => /^submission\./.test(name));
    const [only] = named.length === 1 ? named : candidates;
    if (only === undefined || (named.length !== 1 && candidates.length !== 1)) {
      const found = candidates.length === 0 ? 'has none' : `has ${candidates.sort().join(', ')}`;
      return refused(
        path,
        basename(path),
        `A folder needs one file ${endings}, or one called submission; ${basename(path)} ${found}.`,
      );
    }
    return readFile(join(path, only), limits);
  }
  return readFile(path, limits);
}

function refused(path: string, file: string, problem: string, text = ''): Submission {
  const language = languages[extname(file)] ?? 'javascript';
  return { path, file, language, text, sha256: createHash('sha256').update(text).digest('hex'), lines: {}, problem };
}

function readFile(path: string, { fileKiB }: { readonly fileKiB: number }): Submission {
  const file = basename(path);
  const language = languages[extname(file)];
  const refuse = (problem: string, text?: string) => refused(path, file, problem, text);
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return refuse(`${file} is a link to another file; hand in the file itself.`);
  if (!status.isFile()) return refuse(`${file} is not a plain file.`);
  if (!language) return refuse(`${file} is not in a language that is graded: its name has to end in ${endings}.`);
  if (status.size === 0) return refuse(`${file} is empty.`);
  if (status.size > fileKiB * 1024)
    return refuse(`${file} has ${Math.ceil(status.size / 1024)} KiB; at most ${fileKiB} KiB are allowed.`);
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  let bytes: Buffer;
  try {
    bytes = readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (bytes.includes(0)) return refuse(`${file} is a binary file, not text.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const good = new TextDecoder().decode(bytes);
    const line = good.slice(0, good.indexOf('\ufffd')).split('\n').length;
    return refuse(`${file}, line ${line}: there is a character that is not UTF-8; save the file as UTF-8.`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (language === 'python') return { path, file, language, text, sha256, lines: pythonLines(text) };
  return { path, file, language, sha256, ...readJavaScript(text, file) };
}

/** Types are taken out line by line, so that every line keeps its number; then it has to parse. */
function readJavaScript(text: string, file: string): Pick<Submission, 'text' | 'lines' | 'problem'> {
  let plain = text;
  try {
    if (/\.m?ts$/.test(file)) plain = transform(text, { transforms: ['typescript'], disableESTransforms: true }).code;
    const program = parse(plain, { ecmaVersion: 'latest', sourceType: 'module', locations: true, allowHashBang: true });
    return { text: plain, lines: Object.fromEntries(program.body.flatMap(declared)) };
  } catch (error) {
    const { loc, message } = error as Error & { loc?: { line: number } };
    const line = loc?.line ?? Number(/\((\d+):\d+\)/.exec(message)?.[1] ?? 1);
    const says = message.replace(/\s*\(\d+:\d+\)$/, '').replace(/^Error transforming .*?: /, '');
    const shown = text.split('\n')[line - 1]?.trim().slice(0, 80) ?? '';
    return {
      text: plain,
      lines: {},
      problem: `${file}, line ${line}: the file cannot be read as JavaScript: ${says}, at "${shown}".`,
    };
  }
}

/** Names that a statement at the top of the file declares as functions, with their lines. */
function declared(node: Node): [string, number][] {
  const statement = node as Node & {
    declaration?: Node | null;
    id?: { name: string };
    declarations?: { id: { name?: string } }[];
  };
  if (statement.declaration) return declared(statement.declaration);
  const line = node.loc?.start.line ?? 0;
  if (statement.id) return [[statement.id.name, line]];
  return (statement.declarations ?? []).flatMap(({ id }) => (id.name ? [[id.name, line] as [string, number]] : []));
}

function pythonLines(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split('\n').flatMap((line, i) => {
      const name = /^(?:async\s+)?def\s+(\w+)/.exec(line)?.[1];
      return name ? [[name, i + 1]] : [];
    }),
  );
}

/** Copies the submission into an empty folder and returns the file to run. */
export function stageSubmission(submission: Submission, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const name = submission.language === 'python' ? 'submission.py' : 'submission.mjs';
  writeFileSync(join(folder, name), submission.text, { mode: 0o444 });
  return join(folder, name);
}
