import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// Random histories of groups, members and messages over HTTP, held against a small model; the server is killed in between.
@Suite struct GroupHistoryTests {
  /// How many changes; `CREDLEDGER_HISTORY_STEPS` asks for more.
  private static let steps =
    unsafe getenv("CREDLEDGER_HISTORY_STEPS").flatMap { unsafe Int(String(cString: $0)) } ?? 80

  /// What a group is: by name, since its ID is the server's.
  private struct Group: Equatable {
    var numbers: Set<String>
    var texts: [String] = []
    var below: Set<String> = []
  }

  private enum Change {
    case create(String, [String])
    case add(String, [String])
    case remove(String, String)
    case post(String, String)
    case attach(String, below: String)
    case detach(String, below: String)
  }

  private struct Model: Equatable {
    var groups: [String: Group] = [:]
    /// All that were ever made up.
    var count = 0

    mutating func apply(_ change: Change) {
      switch change {
      case .create(let name, let numbers): groups[name] = Group(numbers: Set(numbers + [PlatformPeople.adminNumber]))
      case .add(let name, let numbers): groups[name]?.numbers.formUnion(numbers)
      case .remove(let name, let number): groups[name]?.numbers.remove(number)
      case .post(let name, let text): groups[name]?.texts.append(text)
      case .attach(let lower, let upper): groups[upper]?.below.insert(lower)
      case .detach(let lower, let upper): groups[upper]?.below.remove(lower)
      }
    }

    /// A change that is possible.
    mutating func draw(_ random: inout SeededRandom) -> Change {
      count += 1
      let names = groups.keys.sorted()
      guard let name = names.randomElement(using: &random), let group = groups[name], random.below(8) > 0 else {
        return .create("G\(count)", number(0..<random.below(4)))
      }
      let strangers = group.numbers.subtracting([PlatformPeople.adminNumber]).sorted()
      switch random.below(5) {
      case 0:
        if let number = strangers.randomElement(using: &random) { return .remove(name, number) }
      case 1: return .add(name, number(0..<(1 + random.below(5))))
      case 2:
        if let lower = group.below.sorted().randomElement(using: &random) { return .detach(lower, below: name) }
      case 3:
        // Younger ones below older ones, never in a circle, and in as many levels as are allowed.
        let younger = names.filter {
          order($0) > order(name) && !group.below.contains($0) && levels(above: name) + levels(below: $0) <= 5
        }
        if let lower = younger.randomElement(using: &random) { return .attach(lower, below: name) }
      default: break
      }
      return .post(name, "text \(count)")
    }

    /// How many groups stand one below the other, down to this one and down from it, itself among them.
    private func levels(above name: String) -> Int {
      1 + (groups.filter { $0.value.below.contains(name) }.keys.map { levels(above: $0) }.max() ?? 0)
    }
    private func levels(below name: String) -> Int {
      1 + (groups[name]?.below.map { levels(below: $0) }.max() ?? 0)
    }

    private func order(_ name: String) -> Int { Int(name.dropFirst()) ?? 0 }

    /// Numbers that nobody has had.
    private func number(_ range: Range<Int>) -> [String] { range.map { "+3369\(1_000_000 + count * 10 + $0)" } }
  }

  @Test("A random history ends as the model says, also where the server is killed in the middle of a change")
  func randomHistory()
    async throws
  {
    var random = SeededRandom(stream: 1_611)
    let people = try await PlatformPeople()
    var model = Model()
    for step in 1...Self.steps {
      let change = model.draw(&random)
      if random.below(12) == 0 {
        var after = model
        after.apply(change)
        try kill(people, in: change, after: random.below(3_000), model)
        let found = try observed(people, model)
        #expect(
          found.groups == model.groups || found.groups == after.groups,
          "seed \(random.seed), step \(step), killed in \(change)")
        // Neither half of it is there: what was recorded goes on.
        if found.groups == after.groups { model = after }
      } else {
        let answer = try perform(change, people, model)
        #expect(answer.status == 200, "seed \(random.seed), step \(step), \(change): \(answer.body)")
        model.apply(change)
      }
      if step.isMultiple(of: 20) {
        #expect(try observed(people, model).groups == model.groups, "seed \(random.seed), step \(step)")
      }
    }
    #expect(try observed(people, model).groups == model.groups, "seed \(random.seed)")
    people.served.end()
    for arguments in [["verify"], ["replay", "--verify"]] {
      #expect(try runProgram(arguments + ["--ledger", people.served.path]).status == 0, "seed \(random.seed)")
    }
  }

  private func request(
    _ change: Change, _ people: PlatformPeople, _ model: Model
  ) throws -> (method: String, path: String, body: String?) {
    func list(_ items: [String]) -> String { "[\(items.map { "'\($0)'" }.joined(separator: ","))]" }
    let ids = try ids(people)
    func path(_ name: String) throws -> String { "/v1/groups/\(try #require(ids[name], "\(name)"))" }
    switch change {
    case .create(let name, let numbers): return ("POST", "/v1/groups", "{name:'\(name)', members:\(list(numbers))}")
    case .add(let name, let numbers): return ("PUT", try path(name) + "/members", "{members:\(list(numbers))}")
    case .remove(let name, let number):
      let members = try people.ask("admin", "GET", try path(name) + "/members").json?["members"]?.items ?? []
      let id = try #require(members.first { $0["mobileNumber"]?.text == number }?["id"]?.text)
      return ("DELETE", try path(name) + "/members/\(id)", nil)
    case .post(let name, let text): return ("POST", try path(name) + "/messages", "{message:'\(text)'}")
    case .attach(let lower, let upper):
      return ("PUT", try path(upper) + "/subGroups", "{subGroups:['\(try #require(ids[lower]))']}")
    case .detach(let lower, let upper):
      return ("DELETE", try path(upper) + "/subGroups/\(try #require(ids[lower]))", nil)
    }
  }

  private func perform(_ change: Change, _ people: PlatformPeople, _ model: Model) throws -> Answer {
    let (method, path, body) = try request(change, people, model)
    return try people.ask("admin", method, path, body)
  }

  /// Kills the server some microseconds after a change was asked for, and starts it again.
  private func kill(_ people: PlatformPeople, in change: Change, after delay: Int, _ model: Model) throws {
    let (method, path, body) = try request(change, people, model)
    let connection = try Connection(port: people.served.port)
    let text = body ?? ""
    connection.send(
      "\(method) \(path) HTTP/1.1\r\nHost: a\r\naccessToken: \(people.tokens["admin"] ?? "")\r\n"
        + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
    usleep(UInt32(delay))
    people.served.end(by: SIGKILL)
    try people.served.start(environment: PlatformPeople.unlimited)
  }

  private func ids(_ people: PlatformPeople) throws -> [String: String] {
    let listed = try people.ask("admin", "GET", "/v1/groups").json?["groups"]?.items ?? []
    var ids: [String: String] = [:]
    for group in listed { if let name = group["groupName"]?.text { ids[name] = group["groupId"]?.text } }
    return ids
  }

  /// What the server tells, of the groups that the model or the server knows.
  private func observed(_ people: PlatformPeople, _ model: Model) throws -> Model {
    var found = Model()
    for (name, id) in try ids(people) where name.first == "G" {
      let path = "/v1/groups/\(id)"
      let members = try people.ask("admin", "GET", path + "/members").json?["members"]?.items ?? []
      var group = Group(numbers: Set(members.compactMap { $0["mobileNumber"]?.text }))
      #expect(members.count == group.numbers.count)
      var cursor = ""
      while true {
        let page = try people.ask("admin", "GET", path + "/messages?order=oldestFirst&count=100\(cursor)")
        group.texts += page.json?["messages"]?.items?.compactMap { $0["message"]?.text } ?? []
        guard let next = page["cursor"] else { break }
        cursor = "&cursor=\(next)"
      }
      let below = try people.ask("admin", "GET", path + "/subGroups").json?["subGroups"]?.items
      group.below = Set(below?.compactMap { $0["groupName"]?.text } ?? [])
      found.groups[name] = group
    }
    return found
  }
}
