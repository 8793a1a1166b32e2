// A page: keys don't belong there.
import "./browser.js";

export * from "../testing.js";
