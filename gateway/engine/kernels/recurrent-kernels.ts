/** One row of a recurrent unit, over the examples of a micro-batch. `layers/recurrent/` says what they compute. */
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
  /**
   * Turns a row's products of the input, `gates` `[4 units]` an example, into i, f, g and o, and gives the next cell and the
   * next state. `products` `[batch, 4 units]` are those of the state. Gates open by a sigmoid if `slope` is 0, else by a
   * line of that slope, clipped to 0 .. 1. `nextCell` may be `cell`.
   */
  lstmStep(
    gates: number,
    gatesExample: number,
    products: number,
    cell: number,
    cellExample: number,
    nextCell: number,
    nextCellExample: number,
    next: number,
    nextExample: number,
    batch: number,
    units: number,
    slope: number,
  ): void;
  /**
   * The gradient of the next state is `carried + dy` (`dy` or 0), that of the next cell `carriedCell` and what comes through
   * the state. Leaves in `gates` the gradient of both products, in `carriedCell` that of the cell, and zero in `carried`.
   */
  lstmStepBack(
    gates: number,
    gatesExample: number,
    cell: number,
    cellExample: number,
    nextCell: number,
    nextCellExample: number,
    dy: number,
    dyExample: number,
    carried: number,
    carriedCell: number,
    batch: number,
    units: number,
    slope: number,
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
