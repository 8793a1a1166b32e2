// The one name of Cloudflare's own types that the documents use.
declare module "cloudflare:workers" {
  export const env: Cloudflare.Env;
}
