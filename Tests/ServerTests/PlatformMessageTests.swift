import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// Messages of groups, over HTTP.
@Suite struct PlatformMessageTests {
  @Test("A message is posted, read back by the group's members, and there after a crash") func messagePosted()
    async throws
  {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)/messages"
    let posted = try people.ask(
      "group", "POST", path, "{'message': \"It's late\", subscribers: [], sendToAllSubscribers: 'false'}")
    let reference = try #require(posted["referenceId"])
    #expect(posted.status == 200 && posted.body == #"{"referenceId":"\#(reference)"}"#)
    let reply = try people.ask("member", "POST", path, #"{"Message":"I know","replyToReferenceId":"\#(reference)"}"#)
    #expect(reply.status == 200, "\(reply.body)")
    people.served.end(by: SIGKILL)
    try people.served.start()
    let read = try people.ask("admin", "GET", path)
    let messages = try #require(read.json?["messages"]?.items)
    #expect(messages.compactMap { $0["message"]?.text } == ["I know", "It's late"])
    #expect(messages[0]["replyToReferenceId"]?.text == reference)
    #expect(
      messages[0]["senderName"]?.text == "Max Member" && messages[1]["sender"]?.text == PlatformPeople.adminNumber)
    #expect(messages[1]["connectorId"]?.text != nil)
    for who in ["stranger", "nobody", "narrow"] { #expect(try people.ask(who, "GET", path).status >= 400) }
    let first = try people.ask("admin", "GET", path + "?count=1&order=oldestFirst")
    #expect(first.json?["messages"]?.items?.first?["referenceId"]?.text == reference)
    let next = try people.ask("admin", "GET", path + "?count=5&order=oldestFirst&cursor=\(first["cursor"] ?? "")")
    #expect(next.json?["messages"]?.items?.count == 1 && next["cursor"] == nil)
    let sentAt = try #require(messages[1]["sentAt"]?.wholeNumber)
    #expect(try people.ask("admin", "GET", path + "?toDate=\(sentAt)").json?["messages"]?.items?.isEmpty == true)
    #expect(try people.ask("admin", "GET", path + "?fromDate=\(sentAt)").json?["messages"]?.items?.count == 2)
    people.served.end()
    #expect(!people.served.log.contains("It's late"))
  }

  @Test("A request that is repeated under its key posts once, and gets the same answer also after a crash")
  func requestRepeated()
    async throws
  {
    let people = try await PlatformPeople()
    func post(_ key: String, _ body: String, who: String = "admin", in group: String? = nil) throws -> Answer {
      try people.served.ask(
        "POST", "/v1/groups/\(group ?? people.publicGroup)/messages",
        ["accessToken: \(people.tokens[who] ?? "")", "Idempotency-Key: \(key)"], body: body)
    }
    let add = "/v1/groups/\(people.publicGroup)/subscribers/add"
    #expect(try people.ask("admin", "PUT", add, "{subscribers:['+33699999999']}").status == 200)
    let body = "{message:'x', subscribers:['+33699999999','y']}"
    let first = try post("key-1", body)
    #expect(first.status == 200 && first.body.contains(#""failedResult":[{"subscriber":"y""#), "\(first.body)")
    people.served.end(by: SIGKILL)
    try people.served.start()
    // Nobody of those named subscribes any more, so the same body would be refused.
    let remove = "/v1/groups/\(people.publicGroup)/subscribers/remove"
    #expect(try people.ask("admin", "PUT", remove, "{subscribers:['+33699999999']}").status == 200)
    let again = try post("key-1", body)
    #expect(again.status == 200 && again.body == first.body, "\(again.body)")
    #expect(try post("key-2", body).status == 400)
    let other = try post("key-1", body + " ")
    #expect(other.status == 409 && other["errorCode"] == "Conflict", "\(other.body)")
    #expect(try post("key-1", body, in: people.group).status == 409)
    #expect(try post("", body).status == 400)
    #expect(try post(String(repeating: "k", count: 256), body)["message"]?.hasPrefix("Idempotency-Key") == true)
    #expect(try post("key-1", "{message:'x'}", who: "member", in: people.group).status == 200)
    let path = "/v1/groups/\(people.publicGroup)/messages"
    #expect(try people.ask("admin", "GET", path).json?["messages"]?.items?.count == 1)
  }

  @Test("Messages are backed up while the server goes on, and the copy is private, whole and checked")
  func messagesBacked()
    async throws
  {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)/messages"
    var reference = ""
    for index in 0..<20 {
      reference = try people.ask("admin", "POST", path, "{message:'number \(index)'}")["referenceId"] ?? ""
    }
    let (copy, keys) = ("\(people.served.folder.path)/copy", "\(people.served.folder.path)/copied-keys")
    func back(_ copy: String, _ keys: String, _ more: String...) throws -> ProgramResult {
      try runProgram(["messages", "backup", copy, "--keys", keys, "--ledger", people.served.path] + more)
    }
    let made = try back(copy, keys, "--format", "json")
    #expect(made.status == 0 && made.output.contains("\"messages\": 20"), "\(made.error)")
    let documents = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    #expect(
      try runProgram(["messages-backup"], of: "\(documents)/Tools/checks/documents", input: made.output).status == 0)
    for (name, mode) in [(copy, 0o700), (copy + "/data.mdb", 0o600), (keys, 0o700), (keys + "/keyring", 0o600)] {
      var status = stat()
      #expect(unsafe stat(name, &status) == 0 && Int(status.st_mode) & 0o777 == mode, "\(name)")
    }
    #expect(try people.ask("admin", "POST", path, "{message:'afterwards'}").status == 200)
    // Neither is replaced, one must not be in the other, and what is not there is told.
    let other = people.served.folder.path + "/other"
    #expect(try back(copy, other).status == 1 && back(other, keys).status == 1)
    #expect(try back(other, other + "/keys").status == 1)
    #expect(try back(other, other + "-keys", "--folder", "/nowhere").status == 3)
    for name in [other, other + "-keys"] { #expect(unsafe access(name, F_OK) != 0) }
    // A byte of a text is another: nothing is left of a copy.
    people.served.end()
    let file = people.served.path + ".messages/messages/data.mdb"
    // The first row of the table of messages begins with its layout and the reference; the text is at its end.
    let script = """
      import sys, uuid
      p, reference = sys.argv[1:]
      b = bytearray(open(p, "rb").read()); row = b"\\x02" + uuid.UUID(reference).bytes
      n = b.find(row)
      assert n > 0
      while n > 0: b[n + 98] ^= 1; n = b.find(row, n + 1)
      open(p, "wb").write(b)
      """
    #expect(try runProgram(["python3", "-c", script, file, reference], of: "/usr/bin/env").status == 0)
    let damaged = try back(other, other + "-keys")
    #expect(damaged.status == 3, "\(damaged)")
    for name in [other, other + "-keys"] { #expect(unsafe access(name, F_OK) != 0) }
    // What was copied before is what a server starts on.
    let script2 =
      "cd '\(people.served.path).messages' && rm -rf messages keys && cp -r '\(copy)' messages && cp -r '\(keys)' keys"
    #expect(try runProgram(["-c", script2], of: "/bin/sh").status == 0)
    try people.served.start()
    #expect(try people.ask("admin", "GET", path).json?["messages"]?.items?.count == 20)
  }

  @Test("What is refused leaves nothing behind") func refusedLeaves() async throws {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)/messages"
    for (body, field) in [
      ("{}", "message"), ("{message:''}", "message"), ("{message:'  '}", "message"),
      ("{message:'\(String(repeating: "x", count: 4_001))'}", "message"),
      ("{message:'x', replyToReferenceId:'y'}", "replyToReferenceId"),
      ("{message:'x', replyToReferenceId:'df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62'}", "replyToReferenceId"),
      ("{message:'x', sendToAllSubscribers:'maybe'}", "sendToAllSubscribers"),
      ("{message:'x', sendToAllSubscribers:true}", "subscribers"), ("{message:'x', subscribers:'y'}", "subscribers"),
      ("{message:'x', subscribers:['+33699999999']}", "subscribers"),
    ] {
      let answer = try people.ask("admin", "POST", path, body)
      #expect(answer.status == 400 && answer["message"]?.hasPrefix(field) == true, "\(body.prefix(60)): \(answer.body)")
    }
    for query in ["count=0", "count=101", "cursor=x", "fromDate=-1", "toDate=x", "order=any"] {
      #expect(try people.ask("admin", "GET", "\(path)?\(query)").status == 400, "\(query)")
    }
    #expect(try people.ask("stranger", "POST", path, "{message:'x'}").status == 404)
    #expect(try people.ask("narrow", "POST", path, "{message:'x'}").status == 403)
    #expect(try people.ask("admin", "GET", path).body == #"{"messages":[]}"#)
    let longest = String(repeating: "é", count: 4_000)
    #expect(try people.ask("admin", "POST", path, "{message:'\(longest)'}").status == 200)
  }

  @Test("Messages of a group below are for its members, and in a public one its admins write") func messagesGroup()
    async throws
  {
    let people = try await PlatformPeople()
    let (path, town) = ("/v1/groups/\(people.group)", "/v1/groups/\(people.publicGroup)")
    let made = try people.ask("admin", "POST", path + "/subGroups", "{groupName:'Below'}")
    let below = "/v1/groups/\(try #require(made["groupId"], "\(made.body)"))"
    #expect(try people.ask("admin", "PUT", path + "/subGroups", "{subGroups:['\(people.publicGroup)']}").status == 200)
    for group in [below, town] {
      // Whoever is a member above sees the group, and none of its messages.
      #expect(try people.ask("member", "GET", group).status == 200)
      for (method, body) in [
        ("GET", nil), ("POST", "{message:'x'}"), ("POST", "{message:'x', sendToAllSubscribers:true}"),
      ] {
        let answer = try people.ask("member", method, group + "/messages", body)
        #expect(answer.status == 403 && answer["errorCode"] == "Forbidden", "\(method) \(group): \(answer.body)")
      }
      for who in ["group", "admin"] {
        #expect(try people.ask(who, "POST", group + "/messages", "{message:'x'}").status == 200, "\(who) \(group)")
      }
      #expect(try people.ask("group", "GET", group + "/messages").json?["messages"]?.items?.count == 2, "\(group)")
    }
    // A group's token acts in a public group below as whoever granted it does.
    for (member, role) in [(people.memberID, "Admin"), (people.adminID, "Member")] {
      #expect(
        try people.ask("admin", "PUT", town + "/members", "{memberUserIds:['\(people.memberID)']}").status == 200)
      #expect(try people.ask("admin", "PUT", "\(town)/members/\(member)", "{role:'\(role)'}").status == 200)
    }
    for (who, status) in [("group", 403), ("admin", 403), ("member", 200)] {
      #expect(try people.ask(who, "POST", town + "/messages", "{message:'x'}").status == status, "\(who)")
    }
  }

  @Test("Of those named who are no subscribers it is told, and the others get the message") func thoseNamed()
    async throws
  {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.publicGroup)"
    #expect(try people.ask("admin", "PUT", path + "/subscribers/add", "{subscribers:['+33699999999']}").status == 200)
    let some = try people.ask(
      "admin", "POST", path + "/messages", "{message:'x', subscribers:['+33699999999','+33699999997','y']}")
    let reference = some["referenceId"] ?? ""
    #expect(
      some.body
        == #"{"referenceId":"\#(reference)","failedResult":[{"subscriber":"+33699999997","subscriberId":"","errorReason":"The person is no subscriber.","errorCode":"NotFound"},{"subscriber":"y","subscriberId":"","errorReason":"It is no phone number with country code.","errorCode":"InvalidParameters"}]}"#
    )
    #expect(
      try people.ask("admin", "POST", path + "/messages", "{message:'x', subscribers:['+33699999997']}").status == 400)
    #expect(
      try people.ask("admin", "POST", path + "/messages", "{message:'x', sendToAllSubscribers:true}").status == 200)
    #expect(try people.ask("admin", "GET", path + "/messages").json?["messages"]?.items?.count == 2)
  }
}
