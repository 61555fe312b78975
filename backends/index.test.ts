import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { embeddedBackends } from './index.ts';

it.each(Object.entries(embeddedBackends).flatMap(([name, { setup, load }]) => (setup || !load ? [] : [{ name, load }])))(
  '$name loads, describes itself by the name that users type and refuses the unknown',
  async ({ name, load }) => {
    const backend = await (await load()).default();
    expect((await backend.describe()).name).toBe(name);
    expect(backend.supports('no such operation', {})).toMatchObject({ supported: false });
    await backend.dispose?.();
  },
);

it('imports no library before a backend is loaded', () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = `
    await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const { Session } = await import('node:inspector');
    const loaded = new Set();
    const session = new Session();
    session.connect();
    session.on('Debugger.scriptParsed', ({ params }) => loaded.add(params.url));
    session.post('Debugger.enable');
    console.log(JSON.stringify([...loaded].filter((url) => /@tensorflow|onnxruntime|tinybench/.test(url))));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', tsx, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([]);
});
