import CredentialLedger
import HTTPSupport

/// People as bodies of requests name them.
extension JSONValue {
  /// A phone number, and how the client wrote it; nil where it is none. A number of JSON has no place for the plus sign.
  var phone: (number: PhoneNumber, text: String)? {
    guard let text else { return nil }
    let signed = if case .number = self { "+" + text } else { text }
    return (try? PhoneNumber(signed)).map { ($0, text) }
  }

  /// The phone numbers in an array of the object; none where it is absent.
  func phones(_ name: String) throws(RequestError) -> [PhoneNumber] {
    guard let member = self[name] else { return [] }
    let expected = "an array of phone numbers with country code, such as +911199999999"
    guard let items = member.items else { throw .field(name, expected) }
    var numbers: [PhoneNumber] = []
    for (index, item) in items.enumerated() {
      guard let phone = item.phone else { throw .field("\(name)[\(index)]", "a phone number with country code") }
      numbers.append(phone.number)
    }
    return numbers
  }

  /// The accounts in an array of the object, by their IDs; none where it is absent.
  func accounts(_ name: String) throws(RequestError) -> [AccountID] {
    guard let member = self[name] else { return [] }
    guard let items = member.items else { throw .field(name, "an array of IDs of users") }
    var accounts: [AccountID] = []
    for (index, item) in items.enumerated() {
      guard let account = item.text.flatMap({ AccountID(bare: $0) }) else {
        throw .field("\(name)[\(index)]", "the ID of a user")
      }
      accounts.append(account)
    }
    return accounts
  }

  /// The people that the body makes members: `members`, `memberUserIds` and `admins`.
  func newMembers() throws(RequestError) -> [Groups.NewMember] {
    try phones("members").map { Groups.NewMember(.number($0)) }
      + accounts("memberUserIds").map { Groups.NewMember(.account($0)) }
      + phones("admins").map { Groups.NewMember(.number($0), role: .admin) }
  }

  /// A text that must be there and not empty.
  func required(_ names: String...) throws(RequestError) -> String {
    for name in names { if let text = self[name]?.text, !text.isEmpty { return text } }
    throw .field(names[0], "a text")
  }
}

extension ObjectID {
  /// The ID as it is on the wire: digits. What some programs add, `@` and a number, is dropped.
  init?(bare text: String) {
    let digits = text.prefix { $0 != "@" }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let number = UInt64(digits)
    else { return nil }
    self.init(unlessZero: number)
  }

  /// The ID on the wire.
  var bare: JSONValue { .string(String(rawValue)) }
}

extension Role {
  /// Its name on the wire.
  var wireName: String { self == .admin ? "Admin" : "Member" }

  /// The role of a name on the wire, in any case.
  init?(wireName: String) {
    switch wireName.lowercased() {
    case "admin": self = .admin
    case "member": self = .member
    default: return nil
    }
  }
}
