/**
 * One run for all that came since the last: with the next frame that is drawn, or, where none is
 * (a hidden tab), a quarter of a second later. So a fast stream costs one update a frame.
 */

const HIDDEN_MS = 250;

/** Asks for a run; several asks before it are one. */
export type Pace = (run: () => void) => void;

/** The browser's pace; outside of a browser timers alone. */
export function framePace(): Pace {
  let due = false;
  return (run) => {
    if (due) return;
    due = true;
    let frame = 0;
    const once = () => {
      if (!due) return;
      due = false;
      clearTimeout(timer);
      if (frame !== 0) cancelAnimationFrame(frame);
      run();
    };
    const timer = setTimeout(once, HIDDEN_MS);
    if (typeof requestAnimationFrame === "function") frame = requestAnimationFrame(once);
  };
}
