// A Worker that runs our checks inside workerd, bundled with the package as wrangler bundles.
import * as sansms from "sansms/full";
import * as testing from "sansms/testing";
import { checkCases, checkLimits } from "./core-vector.mjs";
import { story } from "./story.mjs";
import { differences } from "./trace.mjs";
import { checkAll } from "./vector.mjs";

// At module scope a Worker may neither draw randomness, set timers, nor do I/O: this must work nevertheless.
const atModuleScope = story({ ...sansms, ...testing });

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/about":
        return Response.json({ ...testing.about(), userAgent: navigator.userAgent });
      case "/story":
        return Response.json(await atModuleScope.tell());
      case "/vectors":
        return Response.json(checkAll(await request.text(), testing.runVector));
      case "/cases":
        return Response.json(checkCases(await request.text(), testing.runVector));
      case "/limits":
        return Response.json(await checkLimits(await request.text(), sansms.apply));
      case "/trace":
        return Response.json(await differences(await request.json(), { ...sansms, ...testing }));
      default:
        return new Response("not here", { status: 404 });
    }
  },
};
