import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// Each route of the Platform Service by the token of each role.
@Suite struct RoleRouteTests {
  /// What a route answers to a group's token, to an admin of the group and the organisation, to a member, and to a stranger.
  private struct Row {
    var body: String?
    var statuses: [Int]
    /// Put for `{group}`: the upper group unless it says otherwise.
    var group = "GROUP"

    init(_ body: String? = nil, _ statuses: Int..., in group: String = "GROUP") {
      (self.body, self.statuses, self.group) = (body, statuses, group)
    }
  }

  private static let roles = ["group", "admin", "member", "stranger"]

  /// By the route's name. GROUP, PUBLIC, MEMBER, INVITED, BELOW and URL are filled in.
  private static let rows: [String: Row] = [
    "GET /v1/users/me": Row(nil, 200, 200, 200, 200),
    "POST /v1/groups": Row("{name:'x'}", 200, 200, 200, 200),
    "GET /v1/groups": Row(nil, 200, 200, 200, 200),
    "GET /v1/groups/{group}": Row(nil, 200, 200, 200, 404),
    "POST /v1/groups/{group}/subGroups": Row("{groupName:'x'}", 200, 200, 403, 404),
    "PUT /v1/groups/{group}/subGroups": Row("{subGroups:['BELOW']}", 200, 200, 403, 404),
    "GET /v1/groups/{group}/subGroups": Row(nil, 200, 200, 200, 404),
    "DELETE /v1/groups/{group}/subGroups": Row(nil, 404, 404, 404, 404),
    "DELETE /v1/groups/{group}/subGroups/{subgroup}": Row(nil, 200, 200, 403, 404),
    "GET /v1/groups/{group}/members": Row(nil, 200, 200, 200, 404),
    "PUT /v1/groups/{group}/members": Row("{members:['+33699999998']}", 200, 200, 403, 404),
    "DELETE /v1/groups/{group}/members": Row(nil, 404, 404, 404, 404),
    "PUT /v1/groups/{group}/members/{member}": Row("{role:'Member'}", 200, 200, 403, 404),
    "DELETE /v1/groups/{group}/members/{member}": Row(nil, 200, 200, 403, 404),
    "PUT /v1/groups/{group}/subscribers/add": Row("{subscribers:['+33699999997']}", 404, 200, 403, 404, in: "PUBLIC"),
    "PUT /v1/groups/{group}/subscribers/remove": Row(
      "{subscribers:['+33699999997']}", 404, 200, 403, 404, in: "PUBLIC"),
    "POST /v1/groups/{group}/subscribers": Row("{}", 404, 200, 403, 404, in: "PUBLIC"),
    "GET /v1/groups/{group}/subscribers": Row(nil, 404, 200, 403, 404, in: "PUBLIC"),
    "POST /v1/groups/{group}/messages": Row("{message:'x'}", 200, 200, 200, 404),
    "GET /v1/groups/{group}/messages": Row(nil, 200, 200, 200, 404),
    "POST /v1/webhook": Row("{objectId:'GROUP', eventTypes:['MemberAdded'], callBackUrl:'URL'}", 200, 200, 200, 404),
    "GET /v1/webhook": Row(nil, 200, 200, 200, 200),
    "PUT /v1/webhook/{webhook}": Row("{Active:'true'}", 200, 404, 404, 404),
    "DELETE /v1/webhook/{webhook}": Row(nil, 200, 404, 404, 404),
    "GET /v1/tenant/findGroupsByQuery": Row(nil, 403, 200, 403, 403),
  ]

  @Test("Each route answers each role as the rules say, and nobody without a token or its scope") func eachRoute()
    async throws
  {
    let receiver = try WebhookReceiver()
    let people = try await PlatformPeople(environment: receiver.environment)
    let routes = try await PlatformRouteTable().versioned
    let known = Set(routes.filter { $0.scopes != [] }.map(\.name))
    // A new route needs a row, and a row a route.
    #expect(Set(Self.rows.keys) == known)
    let scene = try Scene(people, receiver)
    for route in routes {
      // The later family says 501 to whoever has a good token.
      let row = Self.rows[route.name] ?? Row(nil, 501, 501, 501, 501)
      let refused = try scene.ask("nobody", route, row)
      #expect(refused.status == 401 && refused["errorCode"] == "InvalidToken", "\(route.name): \(refused.body)")
      let narrow = try scene.ask("narrow", route, row)
      #expect(narrow.status == (route.scopes == [] ? 501 : 403), "\(route.name): \(narrow.body)")
      // Those who are refused go first: what they would have changed is there for those who may.
      for (role, status) in zip(Self.roles, row.statuses).sorted(by: { $0.1 > $1.1 }) {
        let answer = try scene.ask(role, route, row)
        #expect(answer.status == status, "\(role) \(route.name): \(answer.status) \(answer.body)")
        if status >= 400 {
          #expect(
            answer["errorCode"]?.isEmpty == false && answer["message"]?.isEmpty == false,
            "\(route.name): \(answer.body)")
        }
      }
    }
    // In a public group a member may read and not write.
    let path = "/v1/groups/\(people.publicGroup)/messages"
    #expect(try people.ask("member", "GET", path).status == 200)
    #expect(try people.ask("member", "POST", path, "{message:'x'}").status == 403)
  }

  /// What the paths and bodies name.
  private struct Scene {
    private let people: PlatformPeople
    private let url: String
    private let webhook: String
    /// A group below the upper one, and someone invited to that, for each that may take one away.
    private let below: [String: String]
    private let invited: [String: String]

    init(_ people: PlatformPeople, _ receiver: WebhookReceiver) throws {
      self.people = people
      url = receiver.url("ok")
      let path = "/v1/groups/\(people.group)"
      let joined = try people.ask(
        "admin", "PUT", "/v1/groups/\(people.publicGroup)/members", "{memberUserIds:['\(people.memberID)']}")
      #expect(joined.status == 200, "\(joined.body)")
      var (below, invited) = ([String: String](), [String: String]())
      for (index, role) in RoleRouteTests.roles.enumerated() {
        below[role] = try people.ask("admin", "POST", path + "/subGroups", "{groupName:'Below \(role)'}")["groupId"]
        let number = "+3369999999\(index)"
        #expect(try people.ask("admin", "PUT", path + "/members", "{members:['\(number)']}").status == 200)
        let members = try people.ask("admin", "GET", path + "/members").json?["members"]?.items
        invited[role] = members?.first { $0["mobileNumber"]?.text == number }?["id"]?.text
      }
      (self.below, self.invited) = (below, invited)
      let registered = try people.ask(
        "group", "POST", "/v1/webhook",
        "{objectId:'\(people.group)', eventTypes:['MemberAdded'], callBackUrl:'\(url)'}")
      webhook = try #require(registered["webhookId"], "\(registered.body)")
    }

    func ask(_ who: String, _ route: PlatformRouteTable.Entry, _ row: Row) throws -> Answer {
      func filled(_ text: String) -> String {
        text.replacing("GROUP", with: people.group).replacing("PUBLIC", with: people.publicGroup)
          .replacing("BELOW", with: below[who] ?? people.group).replacing("URL", with: url)
      }
      let isRemoval = route.method == "DELETE"
      let member = isRemoval ? invited[who] ?? people.memberID : people.memberID
      var path = route.path.replacing("{group}", with: filled(row.group)).replacing("{member}", with: member)
        .replacing("{subgroup}", with: below[who] ?? people.foreignGroup).replacing("{webhook}", with: webhook)
      path = path.replacing(/\{\w+\}/, with: "1")
      return try people.ask(who, route.method, path, row.body.map(filled))
    }
  }
}
