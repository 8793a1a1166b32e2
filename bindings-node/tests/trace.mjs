// Compares a replayed trace with what the golden one says, in any runtime.

/** Replays a trace and answers every difference. */
export function differences(trace, replay) {
  const heard = replay(trace);
  return trace.flows.flatMap(({ steps }, flow) =>
    steps.flatMap(({ step }, index) =>
      heard[flow][index] === step ? [] : [`flow ${flow}, step ${index}: ${heard[flow][index]} and not ${step}`],
    ),
  );
}
