import { operations } from './suites/operations/index.ts';
import { boundaryRecipes } from './suites/operations/shared/boundaries.ts';
let total=0, el=0; const t=performance.now();
for (const o of operations) {
  const t0=performance.now();
  const r = boundaryRecipes(o);
  let e=0, sampled=0, huge=0;
  for (const x of r) { const f={...x.sizes,...o.derivedSizes?.(x.sizes,x.attributes)}; for (const i of [...Object.values(o.inputs(x.attributes)),...Object.values(o.outputs(x.attributes))]) e+=(i as any).dimensions.reduce((p:number,d:string)=>p*f[d],1); if (x.sampled) sampled++; if (Math.max(...Object.values(x.sizes))>1200) huge++; }
  total+=r.length; el+=e;
  console.log(o.name, r.length, 'elements', (e/1e6).toFixed(2), 'sampled', sampled, 'huge', huge, (performance.now()-t0).toFixed(0)+'ms', !!o.flops);
}
console.log(total, el/1e6, performance.now()-t);
