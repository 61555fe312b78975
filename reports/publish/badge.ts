/** The badge of a backend: a picture, and an endpoint for shields.io. */
import { makeBadge } from 'badge-maker';
import { count } from '../numbers.ts';
import { amountsOf, type Line } from './lines.ts';

/** Of the newest version: passed of all that was asked. Unsupported stays in the denominator: an opt-out is no pass. */
export function badgesOf({ name, versions: [newest] }: Line): { readonly svg: string; readonly json: string } {
  const { passed, red, total } = amountsOf(newest.operations.values());
  const label = name.slice(0, 60);
  const message = `${count(passed)}/${count(total)}`;
  const color = red > 0 ? 'red' : passed === total && total > 0 ? 'brightgreen' : total > 0 ? 'green' : 'lightgrey';
  return {
    svg: `${makeBadge({ label, message, color })}\n`,
    json: `${JSON.stringify({ schemaVersion: 1, label, message, color }, null, 2)}\n`,
  };
}
