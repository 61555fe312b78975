/** The badge of a backend: a picture, and an endpoint for shields.io. */
import { create } from 'xmlbuilder';
import { count } from '../numbers.ts';
import { amountsOf, type Line } from './lines.ts';

/** White text on these has a contrast of at least 4.5. */
const fills = { red: '#b42318', brightgreen: '#1a7f37', green: '#4d7c0f', lightgrey: '#57606a' } as const;
type Colour = keyof typeof fills;

/** Shows how much of what was asked the newest version passed. Unsupported stays in the denominator: an opt-out is no pass. */
export function badgesOf({ name, versions: [newest] }: Line): { readonly svg: string; readonly json: string } {
  const { passed, red, total } = amountsOf(newest.operations.values());
  const label = name.slice(0, 60);
  const message = `${count(passed)}/${count(total)}`;
  const color: Colour = red > 0 ? 'red' : passed === total && total > 0 ? 'brightgreen' : total > 0 ? 'green' : 'lightgrey';
  return {
    svg: picture(label, message, color),
    json: `${JSON.stringify({ schemaVersion: 1, label, message, color }, null, 2)}\n`,
  };
}

const height = 20;
const margin = 6;
/** Width of a character of 11 pixels, about; `textLength` makes a font keep to it. */
const characterWidth = 6.5;

/** Two boxes, the label's and the message's. */
function picture(label: string, message: string, color: Colour): string {
  const [left, right] = [label, message].map((text) => Math.ceil(text.length * characterWidth));
  const middle = left + 2 * margin;
  const width = middle + right + 2 * margin;
  const svg = create('svg', { encoding: 'UTF-8' }, undefined, { invalidCharReplacement: '\u{FFFD}', headless: true });
  svg.att({ xmlns: 'http://www.w3.org/2000/svg', width, height, role: 'img', 'aria-label': `${label}: ${message}` });
  svg.ele('title', `${label}: ${message}`);
  svg.ele('rect', { width: middle, height, fill: '#24292f' });
  svg.ele('rect', { x: middle, width: width - middle, height, fill: fills[color] });
  const text = svg.ele('g', { fill: '#fff', 'font-family': 'Verdana,DejaVu Sans,sans-serif', 'font-size': 11 });
  text.ele('text', { x: margin, y: 14, textLength: left }, label);
  text.ele('text', { x: middle + margin, y: 14, textLength: right }, message);
  return `${svg.end()}\n`;
}
