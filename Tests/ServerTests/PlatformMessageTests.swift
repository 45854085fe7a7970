import CredentialLedger
import Glibc
import HTTPSupport
import Testing

/// Messages of groups, over HTTP.
@Suite struct PlatformMessageTests {
  @Test func `A message is posted, read back by the group's members, and there after a crash`() async throws {
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

  @Test func `What is refused leaves nothing behind`() async throws {
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

  @Test func `Of those named who are no subscribers it is told, and the others get the message`() async throws {
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
