import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// A group of many members, over HTTP: `CREDLEDGER_GROUP_MEMBERS` says how many.
@Suite struct LargeGroupTests {
  private static let count =
    unsafe getenv("CREDLEDGER_GROUP_MEMBERS").flatMap { unsafe Int(String(cString: $0)) } ?? 5_000
  /// How much memory more reading it may take: a page of a thousand is 160 kB, and all of a hundred thousand 16 MB.
  private static let bound = 24 << 20

  /// The sizes of the pieces in which a body came (RFC 9112 section 7.1).
  private static func chunks(of answer: Answer) -> [Int] {
    guard answer.header("transfer-encoding") == "chunked" else { return [] }
    var (rest, sizes) = (answer.body.utf8[...], [Int]())
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")), let size = Int(String(rest[..<end]) ?? "", radix: 16),
      size > 0
    {
      sizes.append(size)
      rest = rest[end...].dropFirst(size + 4)
    }
    return sizes
  }

  @Test("A large group is made, read whole and by pages, and written to, in bounded memory") func largeGroup()
    async throws
  {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)"
    for start in stride(from: 0, to: Self.count, by: 200) {
      let numbers = (start..<min(start + 200, Self.count)).map { "'+3369\(1_000_000 + $0)'" }
      let added = try people.ask("admin", "PUT", path + "/members", "{members:[\(numbers.joined(separator: ","))]}")
      try #require(added.status == 200, "\(added.body)")
    }
    /// All members by pages: their numbers are in order, so that none is told twice and none is left out.
    func pages(of size: Int) throws -> (numbers: Int, pages: Int) {
      var (told, last, pages, cursor) = (0, -1, 0, nil as String?)
      repeat {
        let page = try people.ask(
          "admin", "GET", path + "/members?count=\(size)" + (cursor.map { "&cursor=\($0)" } ?? ""))
        try #require(page.status == 200, "\(page.body)")
        let members = try #require(page.json?["members"]?.items)
        #expect(members.count <= size)
        for member in members {
          guard let text = member["mobileNumber"]?.text, text.hasPrefix("+3369"), let number = Int(text.dropFirst(5))
          else { continue }
          #expect(number - 1_000_000 == last + 1)
          last = number - 1_000_000
        }
        told += members.count
        pages += 1
        cursor = page["cursor"]
      } while cursor != nil
      return (told, pages)
    }
    let all = Self.count + 2
    #expect(try pages(of: 1_000).numbers == all)
    let before = people.served.anonymousMemory
    #expect(before > 0)
    for _ in 0..<3 {
      let paged = try pages(of: 1_000)
      #expect(paged.numbers == all && paged.pages == all / 1_000 + 1)
      let whole = try people.ask("admin", "GET", path + "/members")
      #expect(whole.status == 200 && whole.body.split(separator: #""profilePic":"""#).count == all + 1)
      // It is sent as it is read, a thousand at a time.
      let chunks = Self.chunks(of: whole)
      #expect(chunks.count > all / 1_000 && (chunks.max() ?? 0) < 256 << 10, "\(chunks)")
      let shown = try people.ask("admin", "GET", path)
      #expect(shown["userCount"] == "\(all)" && shown["currentLevelUnProvisionedUserCount"] == "\(Self.count)")
      #expect(try people.ask("group", "POST", path + "/messages", "{message:'to all'}").status == 200)
    }
    let grown = people.served.anonymousMemory - before
    #expect(grown <= Self.bound, "\(grown / 1_024) KiB more")
    print("\(all) members: reading them took \(max(grown, 0) / 1_024) KiB more")
  }
}
