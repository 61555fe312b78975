/** Libraries that a kernel can be written for, and be compared with. */
export const kernelLibraries = ['torch', 'numpy'] as const;
export type KernelLibrary = (typeof kernelLibraries)[number];
