import { type LayerSpec, outputShape, type ParameterRole, type Shape } from '../../model';
import { layerSchema } from '../../model/layers';
import { checkSchema, FtteError } from '../../platform';
import type { Problems } from '../format/problems';
import type { SavedLayer } from '../format/saved-graph';

/** Source of a tensor's numbers: a weight of its saved layer by any of these names, or a constant. */
export type WeightSource = readonly string[] | number;
export type WeightSources = Partial<Record<ParameterRole, WeightSource>>;

/** One of our layers, and what it was made of. */
export interface Piece {
  readonly spec: LayerSpec;
  readonly weights: WeightSources;
  readonly layer: SavedLayer | undefined;
  /** For an `add`, `concat` or `branch`: the piece whose output it reads, -1 for the input. */
  readonly second?: number;
}

/** A layer list while it is being made, with the shape that has been reached. */
export class Draft {
  readonly pieces: Piece[] = [];
  private readonly shapes: Shape[] = [];
  /** Undefined once a layer could not be read: only later layers' kinds can be judged then. */
  shape: Shape | undefined;
  /** The piece that ends each saved layer. */
  private readonly ends = new Map<string, number>();
  layer: SavedLayer | undefined;

  /** @param pinned saved layers whose outputs are taken again later */
  constructor(
    readonly input: Shape,
    private readonly pinned: ReadonlySet<string>,
    private readonly problems: Problems,
  ) {
    this.shape = input;
  }

  /** Marks everything so far as the output of the saved layer (or the input) of this name. */
  end(name: string): void {
    this.ends.set(name, this.pieces.length - 1);
  }

  unreadable(): void {
    this.shape = undefined;
  }

  /** Adds a layer. What it cannot be becomes a problem that names the saved layer. */
  add(spec: LayerSpec, weights: WeightSources = {}, second?: number): void {
    const { shape, layer } = this;
    const { data, issue } = checkSchema(layerSchema, spec);
    if (issue) {
      this.fail(`${issue.field}: ${issue.text}`);
      return;
    }
    if (!shape) return;
    try {
      const other = second === undefined ? undefined : second < 0 ? this.input : this.shapes[second];
      const reached = outputShape(spec, shape, this.pieces.length, other);
      this.pieces.push({ spec: data, weights, layer, ...(second === undefined ? {} : { second }) });
      this.shapes.push(reached);
      this.shape = reached;
    } catch (error) {
      if (!(error instanceof FtteError)) throw error;
      this.fail(error.message);
    }
  }

  /** Adds a layer that reads what an earlier saved layer gave. */
  join(spec: LayerSpec, source: string): void {
    const second = this.ends.get(source);
    if (second === undefined)
      this.unreadable(); // the layer could not be read, which is reported
    else this.add(spec, {}, second);
  }

  /** Goes on from what an earlier saved layer gave; what was reached waits for a later one. */
  startBranch(source: string): void {
    const second = this.ends.get(source);
    if (second === undefined) this.unreadable();
    else {
      this.layer = undefined;
      this.shape ??= second < 0 ? this.input : this.shapes[second];
      this.add({ type: 'branch', from: 'input' }, {}, second);
    }
  }

  /**
   * A reshape, melted into one before it, and none at all where the shape stays. Rows made a picture one wide stay
   * by themselves, for `addFlat` to find.
   */
  reshape(wanted: readonly number[]): void {
    const [length, channels] = this.shape ?? [];
    const isPicture = this.shape?.length === 2 && String(wanted) === String([length, 1, channels]);
    if (!isPicture) while (this.pieces.at(-1)?.spec.type === 'reshape' && this.isFree()) this.takeBack();
    if (String(this.shape) !== String(wanted)) this.add({ type: 'reshape', shape: [...wanted] });
  }

  /**
   * A layer over `[length, 1, channels]` that is the same over `[length, channels]`, which was made an image just
   * before: formats without the flat kind of a layer are written this way.
   * @returns false if it is not so, and nothing was added
   */
  addFlat(spec: LayerSpec, weights: WeightSources = {}): boolean {
    const last = this.pieces.at(-1);
    const before = this.shapes.at(-2) ?? this.input;
    const [length, width, channels] = this.shape ?? [];
    if (last?.spec.type !== 'reshape' || !this.isFree()) return false;
    if (before.length !== 2 || width !== 1 || before[0] !== length || before[1] !== channels) return false;
    this.takeBack();
    this.add(spec, weights);
    if (this.shape?.length === 2) this.reshape([this.shape[0]!, 1, this.shape[1]!]);
    return true;
  }

  /** Takes rows of zeros before the last value back, if a layer with as many and none after is the last. */
  takePadding(rows: number): boolean {
    const last = this.pieces.at(-1)?.spec;
    if (rows === 0 || last?.type !== 'zeropadding1d' || !this.isFree()) return false;
    if (last.before !== rows || last.after !== 0) return false;
    this.takeBack();
    return true;
  }

  /** Takes a branch back that has just begun: for a layer that begins one itself. */
  takeBranch(): void {
    if (this.pieces.at(-1)?.spec.type === 'branch' && this.isFree()) this.takeBack();
  }

  flatten(): void {
    if (this.shape?.length !== 1) this.add({ type: 'flatten' });
  }

  /** Whether nothing later takes what the last layer gives. */
  private isFree(): boolean {
    const last = this.pieces.length - 1;
    return ![...this.pinned].some((name) => this.ends.get(name) === last);
  }

  private takeBack(): void {
    this.pieces.pop();
    this.shapes.pop();
    this.shape = this.shapes.at(-1) ?? this.input;
  }

  private fail(text: string): void {
    const { layer } = this;
    this.problems.add(layer ? `layer "${layer.name}" (${layer.className}): ${text}` : text);
    this.unreadable();
  }
}
