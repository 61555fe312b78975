// What the pages of a published site add to script.js: search, and the comparison of two runs.
{
  const kept = {};
  // A run's file calls this: a page that was opened from a disk may load scripts, and no data.
  globalThis.etalonRun = (run) => { kept[run.id] = run; };
  const root = document.querySelector('.brand').getAttribute('href').replace(/index\.html$/, '');
  const fields = () => new URLSearchParams(location.hash.slice(1).replace(/^\?/, ''));

  const find = document.querySelector('.find');
  find.hidden = false;
  find.addEventListener('submit', (event) => {
    event.preventDefault();
    location.href = find.dataset.target + '#?' + new URLSearchParams({ q: find.find.value });
  });
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target.closest('input, select, textarea')) return;
    event.preventDefault();
    (document.querySelector('#search input') ?? find.find).focus();
  });

  const search = document.getElementById('search');
  if (search) {
    const entries = [...document.querySelectorAll('.found li')];
    const texts = entries.map((entry) => (entry.textContent + ' ' + (entry.dataset.words ?? '')).toLowerCase());
    const apply = () => {
      const wanted = search.q.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      entries.forEach((entry, i) => {
        entry.hidden = !wanted.every((word) => texts[i].includes(word));
        if (!entry.hidden) left++;
      });
      for (const group of document.querySelectorAll('[data-group]')) group.hidden = !group.querySelector('li:not([hidden])');
      document.getElementById('search-state').textContent = wanted.length > 0 ? left + ' of ' + entries.length : '';
    };
    const restore = () => { search.q.value = fields().get('q') ?? ''; apply(); };
    search.hidden = false;
    search.addEventListener('input', () => {
      apply();
      history.replaceState(null, '', search.q.value ? '#?' + new URLSearchParams({ q: search.q.value }) : location.pathname + location.search);
    });
    search.addEventListener('submit', (event) => event.preventDefault());
    addEventListener('hashchange', restore);
    restore();
    search.q.focus();
  }

  const form = document.getElementById('compare');
  if (form) {
    const state = document.getElementById('compare-state');
    const result = document.getElementById('compare-result');
    const runs = globalThis.etalonRuns ?? [];
    const all = '';

    const load = (id) => new Promise((done, failed) => {
      if (kept[id]) { done(kept[id]); return; }
      const script = document.createElement('script');
      script.src = root + 'runs/' + id + '.js';
      script.onload = () => { if (kept[id]) done(kept[id]); else failed(); };
      script.onerror = failed;
      document.head.append(script);
    });
    const options = (select, entries, value) => {
      select.replaceChildren(...entries.map(([key, text]) => Object.assign(document.createElement('option'), { value: key, textContent: text })));
      if (entries.some(([key]) => key === value)) select.value = value;
    };
    const verdict = (cell) => (cell[2] + cell[3] > 0 ? 'wrong' : cell[1] > 0 ? 'right' : 'no answer');
    const number = (value) => (value === 'inf' || value === 'nan' ? Infinity : Number(value));
    const brief = (value) => (value === Infinity ? '∞' : value === 0 ? '0' : value < 0.005 ? '<0.01' : String(Number(value.toPrecision(3))));
    const said = (cell) => {
      if (cell === undefined) return 'not asked';
      const total = cell[1] + cell[2] + cell[3] + cell[4];
      return cell[0] + ', ' + cell[1] + ' of ' + total + (cell[5] === null ? '' : ', error ÷ limit ' + brief(number(cell[5]))) + (cell[6] && cell[0] !== 'passed' ? ': ' + cell[6] : '');
    };

    function changes(base, head) {
      const lines = [];
      for (const operation of new Set([...Object.keys(base.operations), ...Object.keys(head.operations)])) {
        const [before, after] = [base, head].map(({ operations }) => Object.hasOwn(operations, operation) ? operations[operation] : undefined);
        let what;
        if (!before || !after) what = before ? 'not asked any more' : 'newly asked';
        else if (verdict(before) !== verdict(after)) {
          what = { wrong: 'newly failing', right: verdict(before) === 'wrong' ? 'newly passing' : 'newly answered', 'no answer': 'lost' }[verdict(after)];
        } else {
          const [a, b] = [before, after].map((cell) => (cell[5] === null ? undefined : number(cell[5])));
          if (a !== undefined && b !== undefined && b !== a && (b > 1.25 * a + 0.05 || a > 1.25 * b + 0.05)) what = b > a ? 'larger error' : 'smaller error';
        }
        if (what) lines.push([what, operation, said(before), said(after)]);
      }
      for (const name of Object.keys(base.timings)) {
        if (!Object.hasOwn(head.timings, name)) continue;
        const ratio = head.timings[name] / base.timings[name];
        if (ratio > 1.1 || ratio < 1 / 1.1) lines.push([ratio > 1 ? 'slower' : 'faster', name, base.timings[name] + ' ms', head.timings[name] + ' ms, ' + brief(ratio) + ' ×']);
      }
      const order = ['newly failing', 'lost', 'larger error', 'not asked any more', 'newly passing', 'newly answered', 'smaller error', 'newly asked', 'slower', 'faster'];
      return lines.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]) || (a[1] < b[1] ? -1 : 1));
    }

    // By name; a backend whose version is in its name meets its other version where each run has one of them.
    function pairs(base, head, ofBase, ofHead) {
      const ran = (run, name) => run.backends.filter((one) => one.ran && (name === all || one.name === name));
      const [mine, theirs] = [ran(base, ofBase), ran(head, ofHead)];
      if (ofBase !== all && ofHead !== all) return mine.flatMap((one) => theirs.map((other) => [one, other]));
      return mine.flatMap((one) => {
        const alike = theirs.filter(({ line }) => line === one.line);
        const other = theirs.find(({ name }) => name === one.name) ?? (alike.length === 1 && mine.filter(({ line }) => line === one.line).length === 1 ? alike[0] : undefined);
        return other ? [[one, other]] : [];
      });
    }

    const element = (name, text, attributes = {}) => Object.assign(document.createElement(name), { textContent: text, ...attributes });
    function table(rows) {
      const made = element('table', '', { className: 'sortable' });
      made.append(element('caption', 'Differences of the two runs', { className: 'hidden' }));
      const head = made.createTHead().insertRow();
      for (const title of ['what', 'operation', 'backend', 'base', 'head']) head.append(element('th', title, { scope: 'col' }));
      const body = made.createTBody();
      for (const [what, operation, backend, before, after] of rows) {
        const row = body.insertRow();
        row.append(element('th', what, { scope: 'row', className: what === 'newly failing' || what === 'lost' ? 'over' : '' }));
        for (const text of [operation, backend, before, after]) row.append(element('td', text));
      }
      return made;
    }

    async function show() {
      const { base, head, baseBackend, headBackend } = Object.fromEntries(new FormData(form));
      try {
        const [one, other] = await Promise.all([load(base), load(head)]);
        const choice = (run) => [[all, 'all backends'], ...run.backends.filter(({ ran }) => ran).map(({ name, version }) => [name, name.includes('@') ? name : name + ' ' + version])];
        options(form.baseBackend, choice(one), baseBackend);
        options(form.headBackend, choice(other), headBackend);
        const wanted = new URLSearchParams({ base, head });
        if (form.baseBackend.value) wanted.set('of', form.baseBackend.value);
        if (form.headBackend.value) wanted.set('with', form.headBackend.value);
        history.replaceState(null, '', '#' + wanted);
        const compared = pairs(one, other, form.baseBackend.value, form.headBackend.value);
        const rows = compared.flatMap(([a, b]) => changes(a, b).map(([what, operation, ...rest]) => [what, operation, a.name === b.name && a.version === b.version ? a.name : a.line + ' ' + a.version + ' to ' + (a.line === b.line ? '' : b.line + ' ') + b.version, ...rest]));
        state.textContent = compared.length === 0 ? 'The two runs have no backend in common; choose one of each.' : rows.length === 0 ? 'Nothing differs: ' + compared.length + ' of the backends compared.' : rows.length + ' differences.';
        result.replaceChildren(...(rows.length > 0 ? [table(rows)] : []));
        // script.js looks then whether the table scrolls.
        dispatchEvent(new Event('resize'));
      } catch {
        state.textContent = 'A run’s data cannot be read: runs/' + base + '.js or runs/' + head + '.js.';
        result.replaceChildren();
      }
    }

    function restore() {
      const wanted = fields();
      const entries = runs.map(({ id, text }) => [id, text]);
      options(form.base, entries, wanted.get('base') ?? runs[1]?.id ?? runs[0]?.id);
      options(form.head, entries, wanted.get('head') ?? runs[0]?.id);
      const one = (select, name) => options(select, name ? [[all, 'all backends'], [name, name]] : [[all, 'all backends']], name ?? all);
      one(form.baseBackend, wanted.get('of'));
      one(form.headBackend, wanted.get('with'));
      void show();
    }
    form.hidden = false;
    form.addEventListener('change', show);
    form.addEventListener('submit', (event) => event.preventDefault());
    addEventListener('hashchange', restore);
    if (runs.length > 0) restore();
    else state.textContent = 'There is no run to compare.';
  }
}
