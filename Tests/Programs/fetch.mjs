// A connector program as newer ones for Node are: fetch, whose connections stay open, and a body that is a stream.
//
// Usage: fetch.mjs BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
const [base, applicationId, applicationSecret, refreshToken, group, member, text] = process.argv.slice(2);
let token = "cla_ofyesterday";
let endpoint = base + "/";

async function ask(method, path, body) {
  for (let round = 0; ; round += 1) {
    const options = { method, headers: { accessToken: token, "Content-Type": "application/json" } };
    if (body !== undefined) {
      options.body = new Blob([JSON.stringify(body)]).stream();
      options.duplex = "half";
    }
    const answer = await fetch(new URL("v1" + path, endpoint), options);
    const told = await answer.json();
    if (answer.ok) return told;
    if (round > 0 || told.errorCode !== "InvalidToken") throw new Error(JSON.stringify(told));
    const headers = { applicationId, applicationSecret, refreshToken };
    const signedIn = await fetch(base + "/v1/accessToken", { headers });
    ({ accessToken: token, endpointUrl: endpoint } = await signedIn.json());
  }
}

const added = await ask("PUT", `/groups/${group}/members`, { members: [member] });
if (added.result !== "true") throw new Error(JSON.stringify(added));
// Several at once, on connections of their own.
const read = await Promise.all([1, 2, 3, 4].map(() => ask("GET", `/groups/${group}/members`)));
for (const { members } of read) {
  if (!members.some((person) => person.mobileNumber === member)) throw new Error("the member is missing");
}
console.log((await ask("POST", `/groups/${group}/messages`, { message: text })).referenceId);
