import { expect, it } from 'vitest';
import { createLogTail } from './logTail.ts';

it('keeps the end of what was printed and shows the last lines in one', () => {
  const log = createLogTail();
  expect(log.inBrief()).toBe('');
  for (let i = 0; i < 100_000; i += 10) log.append(Buffer.from(`line ${i}\n`));
  expect(log.text().length).toBeLessThanOrEqual(16 * 1024);
  expect(log.inBrief()).toBe(' (log: line 99950 | line 99960 | line 99970 | line 99980 | line 99990)');
  log.append(Buffer.alloc(100_000, 'x'));
  expect(log.text()).toBe('x'.repeat(16 * 1024));
});

it("leaves out colours, empty lines and Node's stack frames, so that the message is seen", () => {
  const log = createLogTail();
  log.append(
    Buffer.from('\u001b[31mError: no device\u001b[0m\n    at f (file.js:1:2)\n    at g (file.js:3:4)\n\nNode.js v20.20.2\n'),
  );
  expect(log.inBrief()).toBe(' (log: Error: no device)');
});
