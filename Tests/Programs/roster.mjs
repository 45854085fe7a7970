// A connector program as published ones for Node are: JSON bodies in chunks, Bearer beside accessToken, `//` in addresses.
//
// Usage: roster.mjs BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
import http from "node:http";

const [base, connector, secret, refresh, group, member, text] = process.argv.slice(2);
let token = "cla_ofyesterday";
let endpoint = base + "/";

function send(method, address, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(address, { method, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, body: JSON.parse(text) }));
    });
    request.on("error", reject);
    if (body !== undefined) {
      // No length is known beforehand, and a part ends within a character.
      const bytes = Buffer.from(body);
      request.write(bytes.subarray(0, bytes.length - 7));
      request.write(bytes.subarray(bytes.length - 7));
    }
    request.end();
  });
}

async function signIn() {
  const answer = await send("GET", base + "/v1/accessToken", {
    applicationId: connector, applicationSecret: secret, refreshToken: refresh, "cache-control": "no-cache",
    "Postman-Token": "0e5f7a0e-8ffd-43f5-9fd2-3a6d9f3a5b6c",
  });
  if (answer.status !== 200) throw new Error(answer.body.message);
  token = answer.body.accessToken;
  endpoint = answer.body.endpointUrl;
}

async function ask(method, path, body) {
  for (let round = 0; ; round += 1) {
    const headers = { Authorization: "Bearer " + token, accessToken: token, applicationId: connector };
    if (body !== undefined) headers["Content-Type"] = "application/json;charset=utf-8";
    const answer = await send(method, endpoint + "/v1" + path, headers, body);
    if (answer.status === 200) return answer.body;
    if (round > 0 || answer.body.errorCategoryKey !== "AuthException") throw new Error(JSON.stringify(answer.body));
    await signIn();
  }
}

const found = await ask("GET", `/groups/${group}@1`);
if (found.groups[0].groupId !== found.groupId) throw new Error("the two shapes differ");
const added = await ask("PUT", `/groups/${group}/members`, JSON.stringify({ members: [member] }));
if (added.result !== "true") throw new Error(JSON.stringify(added));
const people = await ask("GET", `/groups/${group}/members/`);
if (!people.members.some((person) => person.mobileNumber === member)) throw new Error("the member is missing");
console.log((await ask("POST", `/groups/${group}/messages`, JSON.stringify({ message: text }))).referenceId);
