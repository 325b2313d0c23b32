import type { MemoryReport, ProgramRequest } from '../engine';
import { parameterLayout, planSegments, sampleRows, segmentsSize, sizeOf } from '../model';

/**
 * The least that TensorFlow's tensors need for a request, by kind: its tape keeps every activation of the micro-batch.
 * It is no promise: TensorFlow allocates as it sees fit, and its library alone takes hundreds of megabytes.
 */
export function leastMemory({ model, plan, optimiser, batchSize = 32 }: ProgramRequest): MemoryReport {
  const layout = parameterLayout(model);
  const planned = plan ? segmentsSize(planSegments(layout, plan)) : 0;
  const batch = plan ? Math.min(plan.microBatch, batchSize) : 1;
  const trained =
    plan?.entries.reduce((sum, { tensor }) => sum + (layout.tensors[tensor]?.size ?? 0), 0) ?? 0;
  const values = model.shapes.map(sizeOf);
  const activations = plan ? values.reduce((sum, size) => sum + size, 0) : Math.max(...values);
  const slots = !plan ? 0 : optimiser?.kind === 'adam' ? 2 : 1;
  const parts = {
    // Once as TensorFlow's tensors, once as the flat vector they are made of.
    parameters: 8 * layout.size,
    base: 4 * planned,
    activations: 4 * batch * activations,
    gradients: 4 * (trained + planned),
    optimiser: 4 * slots * planned,
    workspace: 0,
    input: 4 * batch * sampleRows(model) * (model.input[1] ?? 1),
  };
  return { ...parts, peakBytes: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}
