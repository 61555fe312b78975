import { operations } from './suites/operations/index.ts';
import { boundaryCasesOf, materialize } from './suites/running/cases.ts';
import { prepareQuestion } from './suites/judging/question.ts';
import { precisions } from './suites/judging/precision.ts';
import { judge } from './suites/judging/judge.ts';
import { asDtype } from './backends/worker/tensors.ts';
const only = process.argv.slice(2);
const slow: [number,string,string][] = []; let all=0, ms=0, compared=0;
for (const o of operations) {
  if (only.length && !only.includes(o.name) && !(only[0]==='+' && operations.indexOf(o)>=operations.findIndex(x=>x.name===only[1]))) continue;
  const c = boundaryCasesOf(o); if (c.length>1200) console.log("MANY"); let t=0, el=0, bad=0, vac=0;
  let msg='';
  for (const one of c) {
    const t0=(process.cpuUsage().user+process.cpuUsage().system)/1000;
    try {
    const a = materialize(o, one.recipe, one.tier, 1, 'float32');
    const t1=(process.cpuUsage().user+process.cpuUsage().system)/1000;
    const q = prepareQuestion(o, a, precisions.float32);
    const t2=(process.cpuUsage().user+process.cpuUsage().system)/1000;
    if (one.tier==='exact') for (const l of Object.values(q.limits)) if (l.limit.some(v=>v!==0)) { bad++; msg ||= 'INEXACT '+one.id; }
    // vacuity: answer of zeros passes?
    const zero = Object.fromEntries(Object.entries(q.expected).map(([n,x])=>[n,{dtype:'float32' as const, shape: q.samples?.[n].shape ?? x.shape, data: new Float32Array((q.samples?.[n].shape ?? x.shape).reduce((p,d)=>p*d,1))}]));
    const j = judge(q, zero, 'float32');
    if (j.passed) { vac++; msg ||= 'ZERO PASSES '+one.id; }
    const t3=(process.cpuUsage().user+process.cpuUsage().system)/1000;
    el += j.outputs.reduce((s,x)=>s+x.compared,0);
    t+=t3-t0; slow.push([t3-t0,one.id,`${(t1-t0).toFixed(1)} ${(t2-t1).toFixed(1)} ${(t3-t2).toFixed(1)} ${JSON.stringify(one.recipe.sizes)} ${one.recipe.sampled}`]);
    } catch (e) { bad++; msg ||= one.id+': '+String((e as any).stack).slice(0,700); }
  }
  all+=c.length; ms+=t; compared+=el;
  console.log(o.name, c.length, 'ms', t.toFixed(0), 'per', (t/c.length).toFixed(2), 'elements', el, bad? 'BAD '+bad:'', vac?'VAC '+vac:'', msg);
}
console.log(all, ms, compared);
slow.sort((a,b)=>b[0]-a[0]); for (const s of slow.slice(0,40)) console.log(s.join(' '));
