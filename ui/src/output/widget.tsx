// A widget of ipywidgets: live where its kernel is there, otherwise as it was saved.
import { useContext, useEffect, useMemo, useState } from "react";

import { type Live, LiveKernel } from "./live.ts";
import { OutputFrame } from "./output-frame.tsx";
import { Terminal } from "./terminal.tsx";
import { partOf, SavedWidgets, VIEW_MIME } from "./widget-state.ts";

export function Widget({ model, text }: { model: string; /** What there is without its state. */ text: string }) {
  const kernel = useKnowing(model);
  const saved = useContext(SavedWidgets);
  const content = useMemo(() => {
    const metadata = kernel !== undefined ? { live: true } : saved === undefined ? undefined : partOf(saved, model);
    return metadata === undefined ? undefined : { mime: VIEW_MIME, data: { model_id: model }, metadata };
  }, [kernel, saved, model]);
  if (content !== undefined) return <OutputFrame content={content} library="widgets" label={text} kernel={kernel} />;
  return (
    <>
      <Terminal text={text} name="result" />
      <p className="output-note">A widget whose state was not saved with the notebook</p>
    </>
  );
}

/** The kernel, if it has the widget. */
function useKnowing(model: string): Live | undefined {
  const kernel = useContext(LiveKernel);
  const [knowing, setKnowing] = useState<Live>();
  useEffect(() => {
    let over = false;
    kernel?.knows(model).then((knows) => over || setKnowing(knows ? kernel : undefined), () => undefined);
    return () => {
      over = true;
    };
  }, [kernel, model]);
  return knowing === kernel ? knowing : undefined;
}
