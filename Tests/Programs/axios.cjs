// A connector program as published ones with axios are: an instance with an interceptor that signs in and tries again.
//
// Usage: axios.cjs BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
const axios = require("axios");

const [base, applicationId, applicationSecret, refreshToken, group, member, text] = process.argv.slice(2);
const api = axios.create({ baseURL: base + "/v1", headers: { accessToken: "cla_ofyesterday" } });

api.interceptors.response.use(undefined, async (error) => {
  const { config, response } = error;
  if (!response || response.data.errorCode !== "InvalidToken" || config.isRepeated) throw error;
  const signedIn = await axios.get(base + "/v1/accessToken", {
    headers: { applicationId, applicationSecret, refreshToken },
  });
  api.defaults.baseURL = signedIn.data.endpointUrl + "v1";
  api.defaults.headers.accessToken = signedIn.data.accessToken;
  // What is sent again has its body as a text already.
  return api.request({
    method: config.method, url: config.url, data: config.data, params: config.params, isRepeated: true,
    headers: { "Content-Type": "application/json", accessToken: signedIn.data.accessToken },
  });
});

async function main() {
  const added = await api.put(`/groups/${group}/members`, { members: [member] });
  if (added.data.result !== "true") throw new Error(JSON.stringify(added.data));
  const people = await api.get(`/groups/${group}/members`, { params: { unknown: "yes" } });
  if (!people.data.members.some((person) => person.mobileNumber === member)) throw new Error("the member is missing");
  // It takes an answer of four hundred and more for an error, with the body at hand.
  const refused = await api.get("/groups/none").catch((error) => error.response);
  if (refused.status !== 404 || refused.data.errorCode !== "NotFound") throw new Error(JSON.stringify(refused.data));
  console.log((await api.post(`/groups/${group}/messages`, { message: text })).data.referenceId);
}

main().catch((error) => {
  console.error(error.message, error.response && error.response.data);
  process.exit(1);
});
