// A page: keys don't belong there.
export * from "../index.js";

throw new Error("sansms signs with your account's keys, and keys don't belong in a page; call it on your server or in a Worker");
