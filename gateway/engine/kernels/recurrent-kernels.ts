/** One row of a gated recurrent unit, over the examples of a micro-batch. What they compute: `layers/gru.ts`. */
export interface RecurrentKernels {
  /**
   * Turns a row's products of the input, `gates` `[3 units]` an example, into z, r and c, and gives the next state.
   * `products` `[batch, 3 units]` are those of the state. `kept` (or 0) takes u_c. `next` may be `state`.
   */
  gruStep(
    gates: number,
    gatesExample: number,
    products: number,
    state: number,
    stateExample: number,
    next: number,
    nextExample: number,
    kept: number,
    keptExample: number,
    batch: number,
    units: number,
  ): void;
  /**
   * The gradient of the next state is `carried + dy` (`dy` or 0). Leaves in `gates` the gradient of the state's products,
   * in `kept` the candidate's part of that of the input's (the others are the same), in `carried` what goes to the state
   * itself.
   */
  gruStepBack(
    gates: number,
    gatesExample: number,
    kept: number,
    keptExample: number,
    state: number,
    stateExample: number,
    dy: number,
    dyExample: number,
    carried: number,
    batch: number,
    units: number,
  ): void;
  /** `y[r,c] += sum_i x[r,i] w[c,i]`: a product with the transposed of `w` `[columns, inner]`. */
  addTransposed(
    x: number,
    xRow: number,
    w: number,
    y: number,
    yRow: number,
    rows: number,
    inner: number,
    columns: number,
  ): void;
}
