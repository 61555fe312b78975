/** The pages' templates: every .hbs file is a partial by its name. */
import { readdirSync, readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { command, whole } from './markup.ts';

const folder = new URL('../templates/', import.meta.url);

export function renderPage(name: 'page' | 'errataPage', view: object): string {
  const handlebars = Handlebars.create();
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.hbs')) handlebars.registerPartial(file.slice(0, -'.hbs'.length), read(file));
  }
  handlebars.registerHelper('command', (text: string) => new Handlebars.SafeString(command(text)));
  handlebars.registerHelper('whole', (text: string | undefined) => new Handlebars.SafeString(whole(text ?? '')));
  const page = handlebars.compile(`{{> ${name}}}`, { preventIndent: true });
  return page({ ...view, style: read('style.css') });
}

/** Without the indentation, which would be a third of the page. */
function read(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8').replace(/^[ \t]+/gm, '');
}
