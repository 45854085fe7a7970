import CredentialLedger
import HTTPSupport
import Testing

/// Groups and people, as connectors see and change them.
@Suite struct PlatformGroupTests {
  @Test("A group is made, seen, and its members come and go") func groupMade() async throws {
    let people = try await PlatformPeople()
    let made = try people.ask(
      "admin", "POST", "/v1/groups",
      #"{Name: 'North', welcomeMessage: "Hi", members: ["+33699999999"], groupType: 'group'}"#)
    #expect(made.status == 200, "\(made.body)")
    let id = try #require(made["groupId"])
    #expect(made.body == #"{"groupName":"North","groupId":"\#(id)","membersAdded":true}"#)
    let shown = try people.ask("admin", "GET", "/V1//groups/\(id)@1/?showDetails=True")
    #expect(
      shown.body
        == #"{"groupId":"\#(id)","groupName":"North","groupImageUrl":"","hasSubGroups":false,"hasParentGroups":false,"callerRole":"Admin","currentLevelSubGroupCount":0,"currentLevelParentGroupCount":0,"userCount":2,"uniqueUserCount":2,"currentLevelUserCount":2,"currentLevelUnProvisionedUserCount":1,"unProvisionedUserCount":1,"isMappedToTenant":true,"groupType":"Group","isDuplicate":false,"isEditable":true,"isDetailsReadable":true,"welcomeMessage":"Hi","groups":[{"groupId":"\#(id)","groupName":"North","groupImageUrl":"","hasSubGroups":false,"hasParentGroups":false,"callerRole":"Admin","currentLevelSubGroupCount":0,"currentLevelParentGroupCount":0,"userCount":2,"uniqueUserCount":2,"currentLevelUserCount":2,"currentLevelUnProvisionedUserCount":1,"unProvisionedUserCount":1,"isMappedToTenant":true,"groupType":"Group","isDuplicate":false,"isEditable":true,"isDetailsReadable":true,"welcomeMessage":"Hi"}]}"#
    )
    let added = try people.ask(
      "admin", "PUT", "/groups/\(id)/members", "{members:['\(PlatformPeople.strangerNumber)', 33699999998]}")
    #expect(added.body == #"{"result":"true"}"#)
    let members = try #require(try people.ask("admin", "GET", "/v1/groups/\(id)/members").json?["members"]?.items)
    #expect(members.count == 4)
    #expect(
      String(decoding: members[0].bytes, as: UTF8.self)
        == #"{"id":"\#(people.adminID)","role":"Admin","mobileNumber":"+911199999998","isProvisioned":true,"name":"Ada Admin","profilePic":""}"#
    )
    #expect(members[1]["mobileNumber"]?.text == "+33699999999" && members[1]["isProvisioned"]?.text == "false")
    let invited = try #require(members[1]["id"]?.text)
    #expect(try people.ask("admin", "DELETE", "/v1/groups/\(id)/members/\(invited)").body == #"{"result":"true"}"#)
    #expect(try people.ask("admin", "DELETE", "/v1/groups/\(id)/members/\(invited)").status == 404)
    #expect(try people.ask("admin", "GET", "/v1/groups/\(id)/members").json?["members"]?.items?.count == 3)
    let listed = try people.ask("admin", "GET", "/v1/groups")
    #expect(listed.json?["groups"]?.items?.count == 3)
    let me = try people.ask("member", "GET", "/v1/users/me")
    #expect(
      me.body
        == #"{"id":"\#(people.memberID)","mobileNumber":"+911199999997","name":"Max Member","profilePic":""}"#)
  }

  @Test("All members of a large group are told, in order, and none twice") func allMembers() async throws {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)/members"
    let numbers = (0..<2_400).map { "+3369\(1_000_000 + $0)" }
    for start in stride(from: 0, to: numbers.count, by: 200) {
      let some = numbers[start..<(start + 200)].map { "'\($0)'" }.joined(separator: ",")
      #expect(try people.ask("admin", "PUT", path, "{members:[\(some)]}").status == 200)
    }
    let answer = try people.ask("admin", "GET", path)
    let body = answer.header("transfer-encoding") == "chunked" ? Self.joined(answer.body) : answer.body
    let told = try JSONParser.parse(Array(body.utf8))["members"]?.items?.compactMap { $0["mobileNumber"]?.text }
    #expect(told == [PlatformPeople.adminNumber, PlatformPeople.memberNumber] + numbers)
    #expect(try people.ask("nobody", "GET", path).status == 401)
  }

  /// What came in chunks (RFC 9112 section 7.1).
  private static func joined(_ text: String) -> String {
    var (rest, joined) = (text.utf8[...], "")
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")), let size = Int(String(rest[..<end]) ?? "", radix: 16),
      size > 0
    {
      rest = rest[end...].dropFirst(2)
      joined += String(rest.prefix(size)) ?? ""
      rest = rest.dropFirst(size + 2)
    }
    return joined
  }

  @Test("All groups of somebody who is in many are told, in order, and none twice") func allGroups() async throws {
    let people = try await PlatformPeople()
    people.served.end()
    let ledger = try await Ledger.open(at: people.served.path)
    let member = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "member").account
    // Two pieces and one more, with the group that the member is in already.
    for number in 1...400 { _ = try await ledger.groups.create(name: "Group \(number)", by: member) }
    await ledger.close()
    try people.served.start(environment: PlatformPeople.unlimited)
    for query in ["", "?fetchAllGroups=true", "?showDetails=True"] {
      let answer = try people.ask("member", "GET", "/v1/groups\(query)")
      let told = try JSONParser.parse(Array(Self.joined(answer.body).utf8))
      let groups = try #require(told["groups"]?.items, "\(answer.body.prefix(300))")
      #expect(groups.compactMap { $0["groupName"]?.text } == ["Field team"] + (1...400).map { "Group \($0)" })
      #expect(groups.allSatisfy { ($0["welcomeMessage"] != nil) == query.contains("Details") }, "\(query)")
      #expect(groups.last?["callerRole"]?.text == "Admin" && groups.last?["userCount"]?.text == "1", "\(query)")
    }
  }

  @Test("Pages have bounds, and a cursor is that of an answer") func pagesBounds() async throws {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)/members"
    let first = try people.ask("admin", "GET", path + "?count=1")
    #expect(first.json?["members"]?.items?.compactMap { $0["id"]?.text } == [people.adminID])
    let second = try people.ask("admin", "GET", path + "?COUNT=1&cursor=\(try #require(first["cursor"]))")
    #expect(second.json?["members"]?.items?.compactMap { $0["id"]?.text } == [people.memberID])
    let end = try people.ask("admin", "GET", path + "?count=1&cursor=\(try #require(second["cursor"]))")
    #expect(end.body == #"{"members":[]}"#)
    #expect(try people.ask("admin", "GET", path + "?count=2&cursor=\(first["cursor"] ?? "")")["cursor"] == nil)
    // Asked for without a page, the answer has all and no cursor.
    #expect(try people.ask("admin", "GET", path)["cursor"] == nil)
    for (query, field) in [
      ("count=0", "count"), ("count=1001", "count"), ("count=x", "count"), ("cursor=x", "cursor"),
      ("cursor=0", "cursor"),
    ] {
      let refused = try people.ask("admin", "GET", path + "?" + query)
      #expect(refused.status == 400 && refused["message"]?.hasPrefix(field) == true, "\(query): \(refused.body)")
    }
  }

  @Test("Roles change, and the last admin stays") func rolesChange() async throws {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)/members"
    #expect(try people.ask("member", "PUT", "\(path)/\(people.memberID)", "{role:'Admin'}").status == 403)
    #expect(try people.ask("group", "PUT", "\(path)/\(people.memberID)", "{role:'Boss'}").status == 400)
    #expect(
      try people.ask("group", "PUT", "\(path)/\(people.memberID)@2", "{Role:'admin'}").body == #"{"result":"true"}"#)
    #expect(try people.ask("member", "GET", "/v1/groups/\(people.group)")["callerRole"] == "Admin")
    #expect(try people.ask("member", "PUT", "\(path)/\(people.adminID)", "{role:'Member'}").status == 200)
    let last = try people.ask("member", "DELETE", "\(path)/\(people.memberID)")
    #expect(last.status == 409, "\(last.body)")
    // The group token's granter is no admin any more: what that person may not do, the token may not either.
    let stopped = try people.ask("group", "PUT", path, "{members:['+33699999999']}")
    #expect(stopped.status == 401 || stopped.status == 403, "\(stopped.text)")
    // A member may leave by its own token.
    #expect(try people.ask("admin", "DELETE", "\(path)/\(people.adminID)").status == 200)
    #expect(try people.ask("admin", "GET", path).status == 404)
  }

  @Test("Groups lie below groups, by a group's token its own") func groupsLie() async throws {
    let people = try await PlatformPeople()
    let below = try people.ask("group", "POST", "/v1/groups", #"{"name":"East"}"#)
    #expect(below["isAddedAsSubGroup"] == "true")
    let east = try #require(below["groupId"])
    let path = "/v1/groups/\(people.group)/subgroups"
    let west = try #require(
      try people.ask("admin", "POST", path, "{groupName:'West', welcomeMessage:'Hi', addUserToGroup: true}")["groupId"])
    let south = try #require(try people.ask("admin", "POST", "/v1/groups", "{name:'South'}")["groupId"])
    // What the group token does not reach does not exist to it.
    #expect(try people.ask("group", "PUT", path, "{subGroups:['\(south)']}").status == 404)
    #expect(try people.ask("admin", "PUT", path, "{subGroups:['\(south)@1']}").body == #"{"result":"true"}"#)
    #expect(try people.ask("group", "GET", "/v1/groups/\(south)").status == 200)
    let listed = try #require(try people.ask("group", "GET", path).json)
    #expect(listed["groupId"]?.text == people.group)
    #expect(listed["groups"]?.items?.compactMap { $0["groupId"]?.text } == [east, west, south])
    #expect(listed["subGroups"] == listed["groups"])
    #expect(listed["groups"]?.items?[1]["welcomeMessage"]?.text == "Hi")
    // South below East too: it is told once with what lies below it.
    let deeper = "/v1/groups/\(east)/subGroups"
    #expect(try people.ask("admin", "PUT", deeper, "{subGroups:['\(south)']}").status == 200)
    let all = try #require(try people.ask("admin", "GET", path + "?fetchAllGroups=true").json?["groups"]?.items)
    #expect(all[0]["subGroups"]?.items?.first?["groupId"]?.text == south)
    #expect(all[2]["isDuplicate"]?.text == "true")
    let seen = try people.ask("member", "GET", "/v1/groups?fetchAllGroups=true").json?["groups"]?.items
    #expect(seen?.count == 4)
    // A cycle is refused.
    #expect(try people.ask("admin", "PUT", deeper, "{subGroups:['\(people.group)']}").status == 409)
    #expect(try people.ask("admin", "DELETE", "\(path)/\(south)").body == #"{"result":"true"}"#)
    #expect(try people.ask("admin", "DELETE", "\(path)/\(south)").status == 404)
    #expect(try people.ask("admin", "DELETE", "\(path)/").status == 404)
    // A group has an admin from its first moment on, whatever the body says.
    let alone = try people.ask("admin", "POST", path, "{groupName:'Alone', addUserToGroup: false}")["groupId"] ?? ""
    let admins = try people.ask("admin", "GET", "/v1/groups/\(alone)/members").json?["members"]?.items
    #expect(admins?.count == 1 && admins?.first?["id"]?.text == people.adminID)
  }

  @Test("A group below that of a token is read by it, and changed where its granter is an admin of that one as well")
  func groupBelow() async throws {
    let people = try await PlatformPeople()
    let other = try #require(try people.ask("stranger", "GET", "/v1/users/me")["id"])
    let made = try people.ask("group", "POST", "/v1/groups", "{name:'Below', memberUserIds:['\(other)']}")
    let id = try #require(made["groupId"], "\(made.body)")
    func expect(_ status: Int, _ calls: [(String, String, String?)]) throws {
      for (method, path, body) in calls {
        let answer = try people.ask("group", method, "/v1/groups/\(id)\(path)", body)
        #expect(answer.status == status, "\(method) \(path): \(answer.body)")
      }
    }
    let reads: [(String, String, String?)] = [
      ("GET", "", nil), ("GET", "/subGroups", nil), ("GET", "/members", nil), ("GET", "/messages", nil),
      ("POST", "/messages", "{message:'x'}"),
    ]
    func changes(_ role: String) -> [(String, String, String?)] {
      [
        ("POST", "/subGroups", "{groupName:'x'}"), ("PUT", "/members", "{members:['+33699999999']}"),
        ("PUT", "/members/\(other)", "{role:'\(role)'}"),
      ]
    }
    try expect(200, reads + changes("Admin"))
    // The granter leaves it, and stays an admin of the token's group.
    let left = try people.ask("admin", "DELETE", "/v1/groups/\(id)/members/\(people.adminID)")
    #expect(left.status == 200, "\(left.body)")
    try expect(200, reads)
    try expect(404, changes("Member"))
  }

  @Test("Several groups are put below another all at once, or none where one cannot be") func severalGroups()
    async throws
  {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)/subGroups"
    func below() throws -> [String] {
      try people.ask("admin", "GET", path).json?["groups"]?.items?.compactMap { $0["groupId"]?.text } ?? []
    }
    var made: [String] = []
    for name in ["East", "West"] {
      made.append(try #require(try people.ask("admin", "POST", "/v1/groups", "{name:'\(name)'}")["groupId"]))
    }
    for (last, status) in [(people.group, 409), (people.foreignGroup, 404), ("x", 400)] {
      let refused = try people.ask("admin", "PUT", path, "{subGroups:['\(made[0])','\(made[1])','\(last)']}")
      #expect(refused.status == status && refused["message"]?.isEmpty == false, "\(refused.body)")
      #expect(try below().isEmpty)
    }
    let attached = try people.ask("admin", "PUT", path, "{subGroups:['\(made[0])',{groupId:'\(made[1])'}]}")
    #expect(attached.body == #"{"result":"true"}"#)
    #expect(try below() == made)
  }

  @Test("Subscribers of a public group are answered for one by one, and paged") func subscribersPublic() async throws {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.publicGroup)/subscribers"
    let added = try people.ask(
      "admin", "PUT", path + "/add", #"{subscribers:["+33699999999","+33699999998","x","+911199999997"]}"#)
    #expect(
      added.body
        == #"{"result":{"+33699999999":{"isAdded":true},"+33699999998":{"isAdded":true},"x":{"isAdded":false,"reason":"It is no phone number with country code."},"+911199999997":{"isAdded":true}}}"#
    )
    let first = try people.ask("admin", "POST", path, "{count:2}")
    #expect(first.json?["subscribers"]?.items?.count == 2)
    // Both members may be left out, and the body with them.
    #expect(try people.ask("admin", "POST", path, "").json?["subscribers"]?.items?.count == 3)
    let cursor = try #require(first["cursor"])
    let second = try people.ask("admin", "GET", path + "?Count=2&cursor=\(cursor)")
    #expect(second.json?["cursor"] == nil)
    #expect(
      second.json?["subscribers"]?.items?.first.map { String(decoding: $0.bytes, as: UTF8.self) }
        == #"{"id":"\#(second.json?["subscribers"]?.items?.first?["id"]?.text ?? "")","mobileNumber":"+911199999997","name":"","profilePic":"","isProvisioned":false}"#
    )
    let removed = try people.ask("admin", "PUT", path + "/remove", #"{subscribers:["+33699999999","+33699999997"]}"#)
    #expect(
      removed.body
        == #"{"result":{"+33699999999":{"isRemoved":true},"+33699999997":{"isRemoved":false,"reason":"The person is no subscriber."}}}"#
    )
    #expect(
      try people.ask("admin", "PUT", "/v1/groups/\(people.group)/subscribers/add", "{subscribers:['+33699999999']}")
        .status == 400)
    #expect(
      try people.ask("admin", "PUT", "/v1/groups//subscribers/remove", "{subscribers:['+33699999999']}").status == 404)
    #expect(try people.ask("member", "PUT", path + "/add", "{subscribers:['+33699999999']}").status == 404)
    // A refusal names the field as the client does.
    let many = (0...100).map { "'+3369999\(1_000 + $0)'" }.joined(separator: ",")
    let refused = try people.ask("admin", "PUT", path + "/add", "{subscribers:[\(many)]}")
    #expect(refused.status == 400 && refused["message"]?.hasPrefix("subscribers: ") == true, "\(refused.body)")
  }

  @Test("The organisation's groups are found by whoever may ask") func organisationsGroups() async throws {
    let people = try await PlatformPeople()
    let found = try people.ask("admin", "GET", "/v1/tenant/findGroupsByQuery?query=ELSE&pageSize=5&resultsOffset=0")
    #expect(found.json?["groups"]?.items?.compactMap { $0["groupName"]?.text } == ["Elsewhere"], "\(found.body)")
    #expect(found.json?["groups"]?.items?.first?["callerRole"]?.text == "None")
    let paged = try people.ask("admin", "GET", "/v1/tenant/findGroupsByQuery?resultsOffset=1&pageSize=1")
    #expect(paged.json?["groups"]?.items?.compactMap { $0["groupName"]?.text } == ["Elsewhere"])
    #expect(try people.ask("member", "GET", "/v1/tenant/findGroupsByQuery?query=x").status == 403)
    #expect(try people.ask("admin", "GET", "/v1/tenant/findGroupsByQuery?pageSize=x").status == 400)
    #expect(try people.ask("member", "POST", "/v1/groups", "{name:'P', groupType:'ConnectGroup'}").status == 403)
    #expect(try people.ask("admin", "POST", "/v1/groups", "{name:'P', groupType:'ConnectGroup'}").status == 200)
  }

  @Test("What a token does not reach does not exist, and what it may not is 403") func tokenReach() async throws {
    let people = try await PlatformPeople()
    let (mine, foreign) = (people.group, people.foreignGroup)
    for (method, path, body) in [
      ("GET", "/v1/groups/GROUP", nil), ("GET", "/v1/groups/GROUP/subGroups", nil),
      ("GET", "/v1/groups/GROUP/members", nil), ("POST", "/v1/groups/GROUP/subGroups", "{groupName:'x'}"),
      ("PUT", "/v1/groups/GROUP/subGroups", "{subGroups:['\(mine)']}"),
      ("DELETE", "/v1/groups/GROUP/subGroups/\(mine)", nil),
      ("PUT", "/v1/groups/GROUP/members", "{members:['+33699999999']}"),
      ("PUT", "/v1/groups/GROUP/members/\(people.memberID)", "{role:'Admin'}"),
      ("DELETE", "/v1/groups/GROUP/members/\(people.memberID)", nil),
      ("PUT", "/v1/groups/GROUP/subscribers/add", "{subscribers:['+33699999999']}"),
      ("PUT", "/v1/groups/GROUP/subscribers/remove", "{subscribers:['+33699999999']}"),
      ("POST", "/v1/groups/GROUP/subscribers", "{}"), ("GET", "/v1/groups/GROUP/subscribers", nil),
    ] as [(String, String, String?)] {
      func ask(_ who: String, _ group: String) throws -> Answer {
        try people.ask(who, method, path.replacing("GROUP", with: group), body)
      }
      // Of a group that is elsewhere as of one that is nowhere.
      for group in [foreign, "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62", "x"] {
        for who in ["group", "admin"] {
          let answer = try ask(who, group)
          #expect(answer.status == 404, "\(who) \(method) \(path): \(answer.body)")
          #expect(answer["errorCode"] == "NotFound" && answer["message"]?.isEmpty == false)
        }
      }
      let narrow = try ask("narrow", mine)
      #expect(narrow.status == 403 && narrow["errorCode"] == "Forbidden", "\(method) \(path): \(narrow.body)")
      #expect(try ask("stranger", mine).status == 404)
      let nobody = try ask("nobody", mine)
      #expect(nobody.status == 401 && nobody["errorCode"] == "InvalidToken")
      #expect(nobody["message"] == "Invalid token. Failure reason:Token validation failed due to unknown reason!")
      if method != "GET", !path.contains("subscribers"), !path.hasPrefix("/v1/groups/GROUP/subGroups") {
        #expect(try ask("member", mine).status == (path.hasSuffix(people.memberID) && method == "DELETE" ? 200 : 403))
      }
    }
  }

  @Test("Bad bodies are refused by the field, and leave nothing behind") func badBodies() async throws {
    let people = try await PlatformPeople()
    let head = try people.served.ask("GET", "/readyz")["head"]
    for (method, path, body, field) in [
      ("POST", "/v1/groups", "{}", "name"), ("POST", "/v1/groups", "{name:''}", "name"),
      ("POST", "/v1/groups", "{name:'x', groupType:'y'}", "groupType"),
      ("POST", "/v1/groups", "{name:'x', members:['12']}", "members[0]"),
      ("POST", "/v1/groups", "{name:'x', members:'+33699999999'}", "members"),
      ("POST", "/v1/groups", "{name:'x', memberUserIds:['999999']}", "members"),
      ("POST", "/v1/groups", "{name:'\(String(repeating: "x", count: 101))'}", "name"),
      ("PUT", "/v1/groups/\(people.group)/members", "{}", "members"),
      ("PUT", "/v1/groups/\(people.group)/subGroups", "{subGroups:[1]}", "subGroups[0]"),
      (
        "POST", "/v1/groups/\(people.group)/subGroups", "{groupName:'x', addUserToGroup:'maybe'}", "addUserToGroup"
      ),
      ("POST", "/v1/groups/\(people.publicGroup)/subscribers", "{count:0}", "count"),
      ("PUT", "/v1/groups/\(people.publicGroup)/subscribers/add", "{}", "subscribers"),
    ] {
      let answer = try people.ask("admin", method, path, body)
      #expect(answer.status == 400 && answer["errorCode"] == "InvalidParameters", "\(path) \(body): \(answer.body)")
      #expect(answer["message"]?.hasPrefix(field) == true, "\(body): \(answer.body)")
    }
    for body in ["", "[]", "{", "{name}", String(repeating: "[", count: 1_000)] {
      #expect(try people.ask("admin", "POST", "/v1/groups", body).status == 400)
    }
    #expect(try people.served.ask("GET", "/readyz")["head"] == head)
    people.served.end()
    #expect(!people.served.log.contains("33699999999"))
  }

  @Test("Bodies are read in whatever spelling, encoding and media type they come") func bodiesRead() async throws {
    let people = try await PlatformPeople()
    for type in ["application/json", "text/plain", "application/x-www-form-urlencoded", "application/xml", "x"] {
      let answer = try people.served.ask(
        "POST", "/v1/groups", ["Authorization: Bearer \(people.tokens["admin"] ?? "")", "Content-Type: \(type)"],
        body: "\u{FEFF}{/* made */ NAME: 'It\\'s \u{E9}', 'welcomeMessage': \"a\nb\", admins: null,} // end\r\n")
      #expect(answer.status == 200, "\(type): \(answer.body)")
      #expect(answer["groupName"] == "It's \u{E9}")
    }
  }

  @Test("Routes that are not there say 501, browsers may call, and calls are limited") func routesSay() async throws {
    let people = try await PlatformPeople(environment: ["CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=20"])
    for (method, path) in [
      ("POST", "/v1/media"), ("POST", "/v1/media/url"), ("GET", "/v1/groups/\(people.group)/actions"),
      ("POST", "/groups/\(people.group)/actions"), ("GET", "/groups/\(people.group)/actions/1/"),
      ("POST", "/v1/groups/\(people.group)/reaction"), ("GET", "/v1/bot"), ("PUT", "/v1/bot/1"),
    ] {
      let answer = try people.ask("admin", method, path, method == "GET" ? nil : "")
      #expect(answer.status == 501 && answer["errorCode"] == "NotImplemented", "\(path)")
      #expect(answer["errorCategoryKey"] == "ServerException" && answer.header("access-control-allow-origin") == "*")
      #expect(try people.ask("nobody", method, path, method == "GET" ? nil : "").status == 401)
    }
    let preflight = try people.served.ask("OPTIONS", "/v1/groups/\(people.group)/members")
    #expect(
      preflight.status == 204 && preflight.header("access-control-allow-headers")?.contains("accessToken") == true)
    #expect(try people.ask("admin", "PATCH", "/v1/groups").status == 405)
    var last = try people.ask("admin", "GET", "/v1/groups")
    for _ in 0..<20 where last.status == 200 { last = try people.ask("admin", "GET", "/v1/groups") }
    #expect(last.status == 429 && last.header("retry-after").flatMap { Int($0) } != nil)
    // Of another connector there were none.
    #expect(try people.ask("narrow", "GET", "/v1/bot").status == 501)
    // Whoever looks for failures in the log is not told of them.
    people.served.end()
    #expect(people.served.log.contains("status=501") && !people.served.log.contains(" error "))
  }
}
