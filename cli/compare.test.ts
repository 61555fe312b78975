/** `etalon compare` and `etalon history` from the command line, as a person types them. */
import { expect, it } from 'vitest';
import { etalon } from './testing/command.ts';

it.each([
  [['compare', 'js'], 'a second version is needed, or --evidence'],
  [['compare', 'jss', 'js'], 'backend "jss" does not exist; did you mean js?'],
  [['compare', './no/such.mjs', 'js'], './no/such.mjs: there is no such file'],
  [['compare', 'js@', 'js'], 'a version or a git revision is needed after @'],
  [['compare', 'js@no-such-revision', 'js'], 'is neither a version nor a revision of this clone'],
  [['compare', 'js@1.0.0', 'js'], 'versions are known of onnxruntime-cpu, tfjs-cpu, tfjs-wasm'],
  [['compare', 'js', 'js', '--operation', 'matmul', '--size', '63'], 'size "63" does not exist; did you mean 64'],
  [['compare', 'js', 'js', '--pairs', '0'], 'A whole number, 1 or more.'],
  [['history', '/tmp/no-such-history'], '/tmp/no-such-history: there is no such folder; --add makes it'],
  [['history', '/tmp/no-such-history', '--add', 'package.json'], 'package.json is not a run report'],
  [['bench', '--quick', '--thorough'], "option '--quick' cannot be used with option '--thorough'"],
  [['bench', '--operation', 'matmul', '--size', '500'], 'size "500" does not exist; did you mean'],
  [['bench', '--operation', 'kFolds'], 'there is no benchmark of kFolds'],
  [['bench', '--resume', '--output', '/tmp/no-such-etalon-report'], 'holds neither run.jsonl nor run.json'],
])('etalon %j says what is wrong', (args, message) => {
  const { status, stderr } = etalon(...args);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
