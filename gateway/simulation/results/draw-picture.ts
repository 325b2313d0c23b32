import { readFile } from 'node:fs/promises';
import type { Spec } from 'vega';
import { FtteError, messageOf } from '../../platform';
import { font, type NamedSpec } from './plot-specs';

/**
 * Draws a plot as SVG and PNG.
 * @throws FtteError `config-invalid` naming the packages to install if they are missing
 */
export async function drawPicture({ name, spec }: NamedSpec): Promise<Plot> {
  const svg = await toSvg(spec);
  return { name, svg, png: await toPng(svg) };
}

/** A drawn picture in two formats. */
export interface Plot {
  /** File name without extension. */
  readonly name: string;
  readonly svg: string;
  readonly png: Uint8Array;
}

/** Packages that only plots need: optional peers. */
const plotPackages = ['vega', '@resvg/resvg-wasm', 'dejavu-fonts-ttf'] as const;

async function toSvg(spec: object): Promise<string> {
  const vega = await import('vega').catch(missing);
  const view = new vega.View(vega.parse(spec as Spec), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Started once per process, with the font of the plots. */
let renderer: Promise<(svg: string) => Uint8Array> | undefined;

async function toPng(svg: string): Promise<Uint8Array> {
  renderer ??= startRenderer();
  return (await renderer)(svg);
}

async function startRenderer(): Promise<(svg: string) => Uint8Array> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm').catch(missing);
  const read = async (file: string) => readFile(require.resolve(file));
  await initWasm(await read('@resvg/resvg-wasm/index_bg.wasm').catch(missing));
  const fontFile = await read('dejavu-fonts-ttf/ttf/DejaVuSans.ttf').catch(missing);
  const options = {
    font: { fontBuffers: [fontFile], defaultFontFamily: font, sansSerifFamily: font },
    fitTo: { mode: 'zoom', value: 2 },
  } as const;
  return (svg) => new Resvg(svg, options).render().asPng();
}

function missing(error: unknown): never {
  throw new FtteError(
    'config-invalid',
    `plots need packages that are not installed: npm install ${plotPackages.join(' ')} (${messageOf(error).split('\n')[0]})`,
    {},
    { cause: error },
  );
}
