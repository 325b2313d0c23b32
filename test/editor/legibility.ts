/** A text or control that somebody cannot read, and why. */
export interface Flaw {
  readonly flaw: 'cut off' | 'contrast';
  readonly text: string;
  readonly why: string;
}

/**
 * Finds texts below an element that are cut off, or whose contrast is under 4.5 : 1 (WCAG 2, level AA). It runs in the page.
 * Controls that are switched off, and what nobody sees, are left out.
 */
export function flawsIn(root: Element): Flaw[] {
  const least = 4.5;
  const flaws: Flaw[] = [];
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  type Colour = readonly [red: number, green: number, blue: number, alpha: number];
  const colours = new Map<string, Colour>();
  /** A colour of any notation, by drawing it. */
  const colourOf = (style: string): Colour => {
    const known = colours.get(style);
    if (known) return known;
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = style;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
    const colour = [red!, green!, blue!, alpha! / 255] as const;
    colours.set(style, colour);
    return colour;
  };
  const over = ([r, g, b, a]: Colour, below: Colour): Colour => [
    r * a + below[0] * (1 - a),
    g * a + below[1] * (1 - a),
    b * a + below[2] * (1 - a),
    1,
  ];
  const backgroundOf = (element: Element | null): Colour => {
    if (!element) return [255, 255, 255, 1];
    const own = colourOf(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, backgroundOf(element.parentElement));
  };
  const opacityOf = (element: Element | null): number =>
    element ? Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement) : 1;
  const luminance = ([r, g, b]: Colour): number => {
    const linear = (value: number) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const contrastOf = (element: Element, style: CSSStyleDeclaration): number => {
    const background = backgroundOf(element);
    const [r, g, b, a] = colourOf(style.color);
    const shown = luminance(over([r, g, b, a * opacityOf(element)], background));
    const behind = luminance(background);
    return (Math.max(shown, behind) + 0.05) / (Math.min(shown, behind) + 0.05);
  };
  const widthOf = (text: string, style: CSSStyleDeclaration): number => {
    context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    return context.measureText(text).width;
  };
  const isSeen = (element: HTMLElement): boolean => {
    if (element.closest('.ftte-unseen, option, [hidden]')) return false;
    return element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1;
  };
  const add = (flaw: Flaw['flaw'], element: Element, text: string, why: string) =>
    flaws.push({ flaw, text: text.trim().slice(0, 80), why: `${nameOf(element)}: ${why}` });
  const nameOf = (element: Element): string =>
    `${element.tagName.toLowerCase()}${element.id && `#${element.id}`}.${String(element.className)}`;

  const texts = (element: Element) =>
    Array.from(element.childNodes)
      .filter((child) => child.nodeType === Node.TEXT_NODE)
      .map((child) => child.textContent ?? '')
      .join(' ')
      .trim();

  for (const element of root.querySelectorAll<HTMLElement>('*')) {
    if (!isSeen(element) || element instanceof SVGElement || element.matches(':disabled, .disabled'))
      continue;
    const style = getComputedStyle(element);
    if (element instanceof HTMLSelectElement) {
      // The arrow at its end takes about as much as a letter.
      const room = element.clientWidth - Number.parseFloat(style.paddingLeft) - 16;
      for (const { text } of element.options)
        if (widthOf(text, style) > room + 1)
          add('cut off', element, text, `${Math.ceil(widthOf(text, style))} in ${Math.floor(room)}`);
    } else if (element instanceof HTMLInputElement && element.placeholder !== '') {
      const room =
        element.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
      const width = widthOf(element.placeholder, style);
      if (width > room + 1)
        add('cut off', element, element.placeholder, `${Math.ceil(width)} in ${Math.floor(room)}`);
    }
    const text = element.matches('select, input:not([type="checkbox"], [type="radio"])')
      ? String((element as HTMLInputElement).value)
      : texts(element);
    if (text === '' || element.matches('option, script, style')) continue;
    const contrast = contrastOf(element, style);
    if (contrast < least) add('contrast', element, text, `${contrast.toFixed(2)} : 1`);
    // What somebody has typed may be longer than its field.
    if (element.matches('input, select, textarea')) continue;
    if (
      style.overflowX !== 'visible' &&
      element.clientWidth > 0 &&
      element.scrollWidth > element.clientWidth + 1
    )
      add('cut off', element, text, `${element.scrollWidth} in ${element.clientWidth}`);
    // Letters that run out of the box of an ancestor that hides them.
    const range = document.createRange();
    range.selectNodeContents(element);
    const { left, right } = range.getBoundingClientRect();
    for (let box = element.parentElement; box && box !== root.parentElement; box = box.parentElement) {
      const { overflowX } = getComputedStyle(box);
      if (overflowX === 'auto' || overflowX === 'scroll') break;
      const edges = box.getBoundingClientRect();
      if (overflowX !== 'visible' && (right > edges.right + 1 || left < edges.left - 1))
        add('cut off', element, text, `from ${left} to ${right} in ${edges.left} to ${edges.right}`);
    }
  }
  return flaws;
}
