import { post } from "./transport.js";

/**
 * A sign-out that the server does not know of yet: the phone is emptied (again, if it died meanwhile), then the server is
 * told. True once it said so in JSON; a hotel's page does not count. Until then nothing personal is asked for or sent.
 */
export async function finishLeaving(store, headers = {}) {
  const leaving = await store.flag("leaving");
  if (!leaving) return true;
  await store.destroy(leaving);
  const answer = await post("/sign-out", new URLSearchParams({ keep: "1" }), { Accept: "application/json", ...headers });
  if (answer?.json?.signed_out !== true) return false;
  await store.setFlag("leaving", null);
  return true;
}
