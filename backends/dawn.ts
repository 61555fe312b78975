/** WebGPU in Node: Dawn, from the package `webgpu`, and the name of the adapter that answered. */

type Info = GPUAdapterInfo;

/** The adapter as the report shows it: 'NVIDIA H200', or 'SwiftShader driver 5.0.0 (fallback adapter: …)' with a note. */
export function describeAdapter({ vendor, architecture, device, description, isFallbackAdapter }: Info) {
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ');
  const isSoftware = isFallbackAdapter || /swiftshader|lavapipe|llvmpipe/i.test(`${architecture} ${name}`);
  return isSoftware
    ? {
        driver: `${name} (fallback adapter: computes on the processor)`,
        notes: ['Timings say nothing about a graphics device.'],
      }
    : { driver: name, notes: [] };
}

/**
 * Starts Dawn and asks for an adapter.
 *
 * @throws Error that names the command that mends it, when none answers.
 */
export async function startDawn(): Promise<{ readonly gpu: GPU; readonly globals: object; readonly info: Info }> {
  const { create, globals } = await import('webgpu');
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    const here =
      process.platform === 'linux' ? 'no Vulkan driver answers; run: etalon setup webgpu' : 'no graphics driver answers';
    throw new Error(`there is no WebGPU adapter: ${here}`);
  }
  return { gpu, globals, info: adapter.info };
}
