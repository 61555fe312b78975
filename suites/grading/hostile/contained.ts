/** Grades one hostile submission and prints what came of it: `contained.ts NAME LEVEL`, run in an isolation of its own. */
import { isolationLevels } from '../../../backends/isolation/isolation.ts';
import { hostileSubmissions, tryHere } from './hostile.ts';

const [name, level] = process.argv.slice(2);
const submission = hostileSubmissions.find((one) => one.name === name);
const found = isolationLevels.find((one) => one === level);
if (!submission || !found) throw new RangeError(`contained: a submission and a level are needed, not ${name} ${level}`);
process.stdout.write(`\n${JSON.stringify(await tryHere(submission, found))}`);
