// Everything here is a comfort: folders, tables and text are there without it. In a report of one file it opens the parts.
{
  const main = document.getElementById('main');
  const parts = new Map([...document.querySelectorAll('template[data-path]')].map((part) => [part.dataset.path, part]));
  const single = parts.size > 0;
  const first = main.innerHTML;
  let shown = single ? [...parts.keys()][0] : '';

  // "#operations.html#?status=failed" in one file, "#?status=failed" in a folder.
  function place() {
    const hash = location.hash.slice(1);
    if (!single) return hash;
    const [path, ...rest] = hash.split('#');
    return parts.has(path) ? rest.join('#') : hash;
  }

  function setPlace(rest) {
    const hash = single ? '#' + shown + (rest ? '#' + rest : '') : rest ? '#' + rest : '';
    history.replaceState(null, '', hash || location.pathname + location.search);
  }

  function open() {
    if (single) {
      const wanted = location.hash.slice(1).split('#')[0];
      const path = parts.has(wanted) ? wanted : shown;
      if (path !== shown || wanted === '') show(wanted === '' ? [...parts.keys()][0] : path);
    }
    openLinked();
  }

  function show(path) {
    shown = path;
    const part = parts.get(path);
    if (part.content.childElementCount === 0) main.innerHTML = first;
    else main.replaceChildren(part.content.cloneNode(true));
    for (const link of document.querySelectorAll('.bar a')) {
      const own = link.getAttribute('href').slice(1);
      if (own === path || (path.startsWith('operations/') && own === 'operations.html')) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    scrollTo(0, 0);
    prepare();
  }

  function openLinked() {
    const target = document.getElementById(decodeURIComponent(place()));
    if (!target) return;
    // A row's evidence, or a case's numbers, are what a link is after.
    for (const details of target.querySelectorAll('.proof, .fold')) details.open = true;
    for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    target.scrollIntoView();
  }

  // What scrolls sideways must be reachable by keyboard; what does not scroll must not cost a Tab.
  function reachable() {
    for (const box of main.querySelectorAll('[data-label].scroll, [data-label].statement, [data-label].formula')) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== 'visible';
      box.classList.toggle('scrolls', scrolls);
      for (const [name, value] of [['tabindex', '0'], ['role', 'group'], ['aria-label', box.dataset.label]]) {
        if (scrolls) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
  }

  function valueOf(cell) {
    const text = (cell.dataset.sort ?? cell.textContent).trim();
    if (cell.colSpan > 1) return -Infinity;
    if (text === '' || text === '–') return -Infinity;
    if (text === '∞') return Infinity;
    const number = Number(text.replace(/^</, '').replace(/,/g, '').split(/\s/)[0]);
    return Number.isNaN(number) ? text : number;
  }

  function compare(a, b) {
    if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : a < b ? -1 : 1;
    return String(a).localeCompare(String(b), 'en', { numeric: true });
  }

  function sortable(table) {
    const headers = [...table.tHead.rows[0].cells];
    const bodies = [...table.tBodies];
    // Rows of one body are sorted, or whole bodies by their first row.
    const units = bodies.length > 1 ? bodies : [...bodies[0].rows];
    const holder = bodies.length > 1 ? table : bodies[0];
    const rowOf = (unit) => unit.rows?.[0] ?? unit;
    headers.forEach((header, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.setAttribute('aria-label', 'Sort by ' + header.textContent.trim());
      header.append(' ', button);
      button.addEventListener('click', () => {
        const next = { none: 'descending', descending: 'ascending', ascending: 'none' }[header.ariaSort ?? 'none'];
        for (const other of headers) other.removeAttribute('aria-sort');
        if (next !== 'none') header.ariaSort = next;
        table.classList.toggle('sorted', next !== 'none');
        const sign = next === 'ascending' ? 1 : -1;
        const cell = (unit) => valueOf(rowOf(unit).cells[Math.min(column, rowOf(unit).cells.length - 1)]);
        const order = next === 'none' ? units : units.toSorted((a, b) => sign * compare(cell(a), cell(b)));
        holder.append(...order);
      });
    });
  }

  function filterable(form) {
    const rows = [...main.querySelectorAll('.scores [data-operation]')];
    const apply = () => {
      const { operation, backend, status } = Object.fromEntries(new FormData(form));
      const wanted = operation.trim().toLowerCase();
      const statuses = status.split(' ').filter(Boolean);
      const active = wanted !== '' || backend !== '' || statuses.length > 0;
      let left = 0;
      for (const row of rows) {
        const cells = [...row.querySelectorAll('[data-status]')].filter((cell) => backend === '' || cell.dataset.column === backend);
        const fits = row.dataset.operation.toLowerCase().includes(wanted) &&
          (statuses.length === 0 || cells.some((cell) => cell.dataset.status.split(' ').some((one) => statuses.includes(one))));
        row.hidden = !fits;
        if (fits) left++;
      }
      for (const column of main.querySelectorAll('.scores [data-column]')) column.hidden = backend !== '' && column.dataset.column !== backend;
      main.querySelector('.scores').classList.toggle('filtered', active);
      for (const family of main.querySelectorAll('[data-family]')) family.hidden = [...family.rows].every((row) => row.hidden);
      document.getElementById('filter-state').textContent = active ? left + ' of ' + rows.length + ' operations' : '';
      document.getElementById('none').hidden = left > 0;
      document.getElementById('clear').hidden = !active;
      const query = new URLSearchParams(Object.entries({ operation: operation.trim(), backend, status }).filter(([, value]) => value !== ''));
      return active ? '?' + query : '';
    };
    const restore = () => {
      if (!place().startsWith('?') && place() !== '') return;
      const query = new URLSearchParams(place().slice(1));
      for (const field of form.querySelectorAll('[name]')) field.value = query.get(field.name) ?? '';
      apply();
    };
    form.hidden = false;
    form.addEventListener('input', () => setPlace(apply()));
    form.addEventListener('submit', (event) => event.preventDefault());
    document.getElementById('clear').addEventListener('click', () => {
      form.reset();
      for (const field of form.querySelectorAll('[name]')) field.value = '';
      setPlace(apply());
      form.querySelector('[name]').focus();
    });
    addEventListener('hashchange', () => { if (form.isConnected) restore(); });
    restore();
  }

  function copyable(replay) {
    if (!navigator.clipboard) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', 'Copy the replay command');
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(replay.querySelector('code').textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    replay.append(button);
  }

  function prepare() {
    for (const replay of main.querySelectorAll('.replay')) copyable(replay);
    for (const table of main.querySelectorAll('table.sortable')) sortable(table);
    const form = document.getElementById('filter');
    if (form) filterable(form);
    reachable();
  }

  document.addEventListener('toggle', reachable, true);
  addEventListener('resize', reachable);
  addEventListener('hashchange', open);
  prepare();
  open();
}
