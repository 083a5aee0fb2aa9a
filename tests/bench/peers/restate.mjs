// restate: the two-approval case as a virtual object of Restate: three exclusive calls, each keeping what was sent
// and where the case stands. No deadline is armed and nobody's rights are looked at.
import * as restate from "@restatedev/restate-sdk";

const step = (from, to) => async (ctx, sent) => {
  const state = (await ctx.get("state")) ?? "new";
  if (state !== from) throw new restate.TerminalError(`the case is ${state}`, { errorCode: 409 });
  ctx.set(to, sent);
  ctx.set("state", to);
  return { case: ctx.key, state: to };
};

const request = restate.object({
  name: "request",
  handlers: {
    submit: step("new", "first"),
    approve: step("first", "second"),
    confirm: step("second", "granted"),
  },
});

restate.serve({ services: [request], port: Number(process.argv[2] ?? 9080) });
