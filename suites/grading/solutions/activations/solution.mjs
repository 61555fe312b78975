const each = (f) => (x) => x.map((row) => row.map(f));
const logistic = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

export const sigmoid = each(logistic);
export const sigmoidDerivative = each((x) => logistic(x) * logistic(-x));
export const tanh = each(Math.tanh);
export const tanhDerivative = each((x) => 1 / Math.cosh(x) ** 2);
export const relu = each((x) => (x > 0 ? x : 0));
export const reluDerivative = each((x) => (x > 0 ? 1 : 0));
export const softplus = each((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
export const softplusDerivative = each(logistic);
