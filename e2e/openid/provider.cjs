// An OpenID Connect provider with people who need no password: whoever opens its sign-in page with `as=NAME`, or
// presses the button with that name, is that person. Says its address on a line of stdout and ends with its stdin.

const http = require("node:http");
const { pathToFileURL } = require("node:url");

// Subject: what the provider says of the person.
const PEOPLE = {
  ada: { email: "ada@example.org", email_verified: true, name: "Ada", groups: ["makers"] },
  bob: { email: "bob@elsewhere.test", email_verified: true, name: "Bob" },
  eve: { email: "eve@example.org", email_verified: false, name: "Eve" },
};

const [clientId, clientSecret, callback] = process.argv.slice(2);

function settings() {
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        // Of a native application any port of the loopback will do.
        application_type: "native",
        redirect_uris: [`http://127.0.0.1${callback}`],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/who/${interaction.uid}` },
    pkce: { required: () => true },
    cookies: { keys: ["only for tests"] },
    findAccount: (_context, subject) => ({
      accountId: subject,
      claims: () => ({ sub: subject, ...PEOPLE[subject] }),
    }),
    // Nobody is asked whether the server may know who they are.
    loadExistingGrant: async (context) => {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  };
}

async function whoIsIt(provider, request, response) {
  const address = new URL(request.url, "http://127.0.0.1");
  const as = address.searchParams.get("as");
  if (as === "nobody") {
    const error = { error: "access_denied", error_description: "they changed their mind" };
    return provider.interactionFinished(request, response, error, { mergeWithLastSubmission: false });
  }
  if (as in PEOPLE) {
    const result = { login: { accountId: as }, consent: {} };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const links = Object.keys(PEOPLE).map((name) => `<a href="?as=${name}">${name}</a>`);
  response.setHeader("content-type", "text/html");
  return response.end(`<!doctype html><title>Who are you?</title>${links.join(" ")}`);
}

async function main() {
  const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));
  const server = http.createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, settings());
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/who/")) {
      return answer(request, response);
    }
    return whoIsIt(provider, request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  process.stdin.resume().on("end", () => process.exit(0));
  console.log(issuer);
}

main();
