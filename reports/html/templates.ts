/** The pages' templates: every .hbs file is a partial by its name. */
import { readdirSync, readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { command, whole } from './markup.ts';

const folder = new URL('../templates/', import.meta.url);

let compiler: typeof Handlebars | undefined;
const compiled = new Map<string, HandlebarsTemplateDelegate>();

/** Renders the template of this name. */
export function render(name: string, view: object): string {
  compiler ??= createCompiler();
  const template = compiled.get(name) ?? compiler.compile(`{{> ${name}}}`, { preventIndent: true });
  compiled.set(name, template);
  return template(view);
}

function createCompiler(): typeof Handlebars {
  const handlebars = Handlebars.create();
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.hbs')) handlebars.registerPartial(file.slice(0, -'.hbs'.length), read(file));
  }
  handlebars.registerHelper('command', (text: string) => new Handlebars.SafeString(command(text)));
  handlebars.registerHelper('whole', (text: string | undefined) => new Handlebars.SafeString(whole(text ?? '')));
  return handlebars;
}

/** A file that the pages use as it is. The style sheet carries the font for what machines without a mathematical font do not show. */
export function asset(file: 'style.css' | 'script.js' | 'publish.js'): string {
  const text = read(file);
  if (file !== 'style.css') return text;
  const font = readFileSync(new URL('math.woff2', folder)).toString('base64');
  return text.replace('url(math.woff2)', () => `url(data:font/woff2;base64,${font})`);
}

/** Without the indentation, which would be a third of the page. */
function read(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8').replace(/^[ \t]+/gm, '');
}
