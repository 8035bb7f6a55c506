// Modules that Vite's plugins make (`build/`).
declare module "virtual:libraries" {
  const addresses: { [name: string]: string };
  export default addresses;
}

// Comes without types; as far as it is used here.
declare module "plotly.js-dist-min" {
  export interface Layout {
    paper_bgcolor?: string;
    template?: { layout?: { [name: string]: unknown }; [name: string]: unknown };
    [name: string]: unknown;
  }
  export interface Figure {
    data?: object[];
    layout?: Layout;
    config?: object;
    frames?: object[];
  }
  const Plotly: {
    react: (place: HTMLElement, data: object[], layout: Layout, config: object) => Promise<unknown>;
    addFrames: (place: HTMLElement, frames: object[]) => Promise<unknown>;
  };
  export default Plotly;
}

declare module "*?text" {
  const text: string;
  export default text;
}
