// A widget of ipywidgets as it was saved.
import { useContext, useMemo } from "react";

import { OutputFrame } from "./output-frame.tsx";
import { Terminal } from "./terminal.tsx";
import { partOf, SavedWidgets, VIEW_MIME } from "./widget-state.ts";

export function Widget({ model, text }: { model: string; /** What there is without its state. */ text: string }) {
  const saved = useContext(SavedWidgets);
  const content = useMemo(() => {
    const metadata = saved === undefined ? undefined : partOf(saved, model);
    return metadata === undefined ? undefined : { mime: VIEW_MIME, data: { model_id: model }, metadata };
  }, [saved, model]);
  if (content !== undefined) return <OutputFrame content={content} library="widgets" label={text} />;
  return (
    <>
      <Terminal text={text} name="result" />
      <p className="output-note">A widget whose state was not saved with the notebook</p>
    </>
  );
}
