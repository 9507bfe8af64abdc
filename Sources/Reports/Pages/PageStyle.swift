/// The look of the pages.
package enum PageStyle {
  /// The style sheet. The colors of the series can be told apart without seeing red, green or blue,
  /// and stand out from the ground of either scheme.
  static let rules = """
    :root {
      color-scheme: light dark;
      --ground: #fbfbf9; --panel: #ffffff; --ink: #1d2126; --soft: #5c6570; --line: #e1e3e4;
      --heat: #1f5f99; --miss: #c2500a;
      --c0: #0069a8; --c1: #c2500a; --c2: #00795a; --c3: #a03c7c;
      --c4: #8a6a00; --c5: #5a4fcf; --c6: #2f7f9f; --c7: #4a4f57;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #14171a; --panel: #1b1f23; --ink: #e7e9eb; --soft: #9aa4ae; --line: #30363c;
        --heat: #2a78bb; --miss: #e07b39;
        --c0: #5ab3ee; --c1: #ff9152; --c2: #3fcfa3; --c3: #ea9dcb;
        --c4: #e3bd45; --c5: #aaa6ff; --c6: #86d3e6; --c7: #c5cad1;
      }
    }
    .s0 { --c: var(--c0) } .s1 { --c: var(--c1) } .s2 { --c: var(--c2) } .s3 { --c: var(--c3) }
    .s4 { --c: var(--c4) } .s5 { --c: var(--c5) } .s6 { --c: var(--c6) } .s7 { --c: var(--c7) }
    * { box-sizing: border-box }
    body {
      margin: 0 auto; padding: 2rem 1rem 3rem; max-width: 68rem; background: var(--ground);
      color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
      -webkit-text-size-adjust: 100%; text-size-adjust: 100%;
    }
    h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; letter-spacing: -0.01em }
    h2 { margin: 0 0 0.8rem; font-size: 1.1rem }
    .lead { margin: 0.3rem 0 0.9rem; color: var(--soft) }
    .note, footer { color: var(--soft); font-size: 0.85rem }
    .note { margin: 0.6rem 0; font-weight: normal }
    section {
      margin: 1.2rem 0; padding: 1.1rem 1.2rem 1.2rem; background: var(--panel);
      border: 1px solid var(--line); border-radius: 10px;
    }
    figure { margin: 0; min-width: 0 }
    figcaption { margin-bottom: 0.4rem }
    .pair { display: grid; gap: 1.6rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)) }
    .legend, .findings { margin: 0; padding: 0; list-style: none }
    .legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.3rem }
    .legend li, .numbers th { overflow-wrap: anywhere }
    .numbers tbody th { min-width: 5.5rem }
    .findings li { margin: 0 0 0.6rem; padding: 0.1rem 0 0.1rem 0.8rem; border-left: 4px solid var(--line) }
    .findings .beyond { border-color: var(--c2) }
    .findings .within { border-color: var(--soft) }
    .findings .unknown { border-style: dashed; border-width: 0 0 0 4px; border-color: var(--soft) }
    .key { width: 22px; height: 12px; margin-right: 0.45rem; vertical-align: -1px }
    .chart { display: block; width: 100%; height: auto; overflow: visible }
    .chart text { font-size: 12px; fill: var(--ink) }
    .chart .tick { fill: var(--soft); font-size: 11.5px }
    .chart .label { fill: var(--c); font-weight: 600 }
    .grid { stroke: var(--line); stroke-width: 1 }
    polyline, path { fill: none }
    .mean { stroke: var(--c); stroke-width: 2.4; stroke-linejoin: round; stroke-linecap: round }
    .seed { stroke: var(--c); stroke-width: 1; opacity: 0.5 }
    .leader { stroke: var(--c); stroke-width: 1; stroke-dasharray: 2 2; opacity: 0.6 }
    .marker { fill: var(--c); stroke: var(--panel); stroke-width: 1.2 }
    .dot { fill: none; stroke: var(--c); stroke-width: 1.3; opacity: 0.8 }
    .join { stroke: var(--soft); stroke-width: 1.5; opacity: 0.5 }
    .part { fill: var(--c) }
    .swatch { display: inline-block; width: 12px; height: 12px; margin-right: 0.45rem; background: var(--c) }
    .scroll { overflow-x: auto }
    .narrow { max-width: 34rem }
    .equal { stroke: var(--ink); stroke-width: 1.4; stroke-dasharray: 5 4 }
    .samples { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)) }
    .sample img { display: block; width: 7rem; height: 7rem; image-rendering: pixelated; border-radius: 4px }
    .sample figcaption { margin: 0.3rem 0 0; font-size: 0.8rem; line-height: 1.35; overflow-wrap: anywhere }
    table { border-collapse: collapse; font-size: 0.92rem }
    th { text-align: left; font-weight: 600 }
    .plain tbody th { position: sticky; left: 0; background: var(--panel) }
    .numbers td, .numbers thead th:not(:first-child) { text-align: right; white-space: nowrap }
    .plain thead th { color: var(--soft); font-weight: 500; font-size: 0.85rem }
    .plain :is(th, td) { padding: 0.4rem 0 0.4rem 1.6rem; border-bottom: 1px solid var(--line) }
    .plain :is(th, td):first-child { padding-left: 0 }
    .plain tbody tr:last-child > * { border-bottom: 0 }
    .differences td { overflow-wrap: anywhere; vertical-align: top; min-width: 5rem }
    .differences code { font-size: 0.95em; font-weight: 500 }
    .confusion { font-size: 0.75rem; line-height: 1.2; border-collapse: separate; border-spacing: 1px }
    .confusion th { font-weight: 500; white-space: nowrap; color: var(--soft) }
    .confusion tbody th {
      position: sticky; left: 0; padding-right: 0.4rem; text-align: right; background: var(--panel);
    }
    .confusion .corner {
      position: sticky; left: 0; vertical-align: bottom; text-align: right; padding: 0 0.4rem 0.3rem 0;
      font-size: 0.68rem; font-weight: 400; background: var(--panel);
    }
    .confusion .predicted { padding: 0 0 0.3rem; vertical-align: bottom }
    .confusion .predicted span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg) }
    .confusion td {
      min-width: 2.05rem; height: 2rem; padding: 0 0.15rem; text-align: center; border-radius: 3px;
      background: color-mix(in srgb, var(--heat) var(--share), transparent);
    }
    .confusion .miss { background: color-mix(in srgb, var(--miss) var(--share), transparent) }
    .confusion .none { background: none; color: var(--soft); opacity: 0.55 }
    .confusion .strong { color: #ffffff; font-weight: 600 }
    footer { margin-top: 1.5rem } footer p { margin: 0 0 0.4rem; max-width: 46rem }
    @media print {
      body { max-width: none; padding: 0; background: none }
      section { break-inside: avoid; border-color: #999999 }
      .scroll { overflow: visible }
    }
    @media (max-width: 34rem) {
      body { padding: 1.2rem 0.4rem 2rem }
      section { padding: 0.9rem 0.6rem 1rem }
      .plain :is(th, td) { padding-left: 0.6rem; font-size: 0.78rem }
      .plain thead th { font-size: 0.72rem } .key { margin-right: 0.3rem }
      .confusion { font-size: 0.6rem; border-spacing: 0 }
      .confusion td { min-width: 1.5rem; height: 1.6rem; padding: 0 }
      .confusion .corner { font-size: 0.58rem; white-space: normal; max-width: 4rem }
    }
    """
}
