/**
 * How V8 compiles the command and a worker host; imported before everything else. A check is some thousand short questions, each to code
 * that runs for a moment: what is optimized at once is optimized again as soon as it meets other shapes, on cores that somebody else needs.
 * What runs longer ends as fast as ever. Node 22 and newer have a cheaper compiler in between and are left alone.
 */
import { setFlagsFromString } from 'node:v8';

if (Number.parseInt(process.versions.node, 10) < 22) {
  setFlagsFromString('--always-sparkplug');
  setFlagsFromString('--interrupt-budget=300000');
}
