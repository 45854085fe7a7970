import Glibc
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import Testing

@testable import CredentialLedger

/// What a request under an idempotency key is compared by stays the same across versions of the program.
@Suite struct RequestEncodingTests {
  private static let golden =
    String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.startIndex)) + "/Golden/requests.txt"

  private static func samples() throws -> [RequestEncoding] {
    let (account, connector) = (AccountID(rawValue: 2), ConnectorID(rawValue: 8))
    let (group, other) = (GroupID(rawValue: 9), GroupID(rawValue: 0x0102_0304_0506_0708))
    let membership = MembershipID(rawValue: 10)
    let requester = Requester.operator
    let number = try PhoneNumber("+911199999999")
    let time = Timestamp(milliseconds: 1_800_000_000_123)
    var details = ConnectorDetails()
    details.name = "Roster"
    details.description_p = "Who works when\nand where"
    details.publisher = "Café"
    details.redirectUris = ["https://roster.example.org/", "http://127.0.0.1/back"]
    details.scopes = 0x8001
    details.accessTokenLifetime = 600
    details.refreshTokenLifetime = 7_200
    details.rotation = .always
    let changes = UpdateConnector.Changes(
      name: "Roster", description: "", publisher: "P", redirectURIs: [], scopes: Scopes(rawValue: 3),
      accessTokenLifetime: 0, refreshTokenLifetime: 3_600, rotation: .late)
    let members: [Groups.NewMember] = [.init(.account(account), role: .admin), .init(.number(number))]
    var customEvent = RecordCustomEvent(
      namespace: "com.example.billing", type: "invoice.paid", requester: requester)
    customEvent.version = 3
    customEvent.contentType = "text/plain"
    customEvent.payload = [1, 2]
    customEvent.subjects = [Subject(account), Subject(group)]
    let people: [Groups.Person] = [.number(number), .account(account)]
    return [
      .signIn(
        issuer: "https://id.example.org", subject: "248289761001", name: "Ada", email: nil, userAgent: "Browser/1.0",
        role: .tenantAdmin),
      DisableAccount(account: account, reason: "left", requester: requester).encoding,
      EnableAccount(account: account, revokesTokens: false, requester: requester).encoding,
      EnableAccount(account: account, revokesTokens: true, requester: requester).encoding,
      ChangeAccountRole(account: account, role: .auditor, requester: requester).encoding,
      .requestPIN(for: number), .verifyPIN("012345", challenge: ChallengeID(rawValue: 5)),
      RemovePhone(phone: PhoneID(rawValue: 6), requester: requester).encoding,
      .requestSignInPIN(for: number), .signIn(number, pin: "012345", nil),
      .signIn(number, pin: "012345", .scopes([.mediaRead])),
      ApproveScopes(connector: connector, scopes: [.tenantRead], requester: requester).encoding,
      .create(details, for: account),
      UpdateConnector(connector: connector, changes, requester: requester).encoding,
      UpdateConnector(connector: connector, UpdateConnector.Changes(), requester: requester).encoding,
      .rotateSecret(of: connector, overlap: .milliseconds(86_400_500)),
      DeleteConnector(connector: connector, requester: requester).encoding,
      DeactivateConnector(connector: connector, reason: "under review", requester: requester).encoding,
      ActivateConnector(connector: connector, requester: requester).encoding,
      EndOldSecret(connector: connector, requester: requester).encoding,
      .grant(connector, .group(group), for: account, .scopes([.mediaRead])),
      .grant(connector, .user, for: account, .details(asOf: 4)),
      RevokeGrant(grant: GrantID(rawValue: 11), requester: requester).encoding,
      .issueCode(connector, .scopes([.mediaRead]), redirectURI: "https://a.example/", codeChallenge: nil, .none),
      .redeem(AuthorizationCode("clc_a"), redirectURI: nil, codeVerifier: "v", .none),
      .issueToken(RefreshToken("clr_a"), nil, .none), .issueToken(RefreshToken("clr_a"), [.mediaRead], .none),
      .issueToken(
        RefreshToken("clr_a"), nil,
        TokenConditions(
          audiences: Audiences([ResourceServerID(rawValue: 40)], includingOwn: true), keyThumbprint: .zero)),
      .issueToken(RefreshToken("clr_a"), [.mediaRead], TokenConditions(keyThumbprint: .zero)),
      .issueOwnToken([.mediaRead], .none), .issueOwnToken(nil, .none),
      .reportLeak("cla_a", reporter: "scan", source: "file", location: "notes.txt:3"),
      .createResourceServer(name: "Archive", audience: "https://archive.example.org"),
      .createResourceServer(name: "Archive", audience: nil),
      .rotateSecret(of: ResourceServerID(rawValue: 40), overlap: .seconds(60)),
      DeleteResourceServer(server: ResourceServerID(rawValue: 40), requester: requester).encoding,
      RevokeToken(.token(TokenID(rawValue: 13)), requester: requester).encoding,
      RevokeToken(.refreshToken(TokenID(rawValue: 12)), requester: requester).encoding,
      RevokeToken(.grant(GrantID(rawValue: 11)), requester: requester).encoding,
      RevokeToken(.connector(connector), requester: requester).encoding,
      RevokeToken(.account(account), requester: requester).encoding,
      .revoke(presented: "cla_a"),
      .createGroup(name: "Field team", kind: .connectGroup, welcomeMessage: "", members: members, for: account),
      .add(members[1], to: group), .add(members, to: group),
      ChangeMemberRole(group: group, membership: membership, role: .admin, requester: requester).encoding,
      RemoveMember(group: group, membership: membership, requester: requester).encoding,
      RemoveMembers([membership, MembershipID(rawValue: 14)], from: group, requester: requester).encoding,
      RenameGroup(group: group, name: "North", requester: requester).encoding,
      DeleteGroup(group: group, requester: requester).encoding,
      AttachSubgroup(group, to: other, requester: requester).encoding,
      DetachSubgroup(group, from: other, requester: requester).encoding, .subscribe(people, to: group),
      .unsubscribe(people, from: group), .end(SubscriptionID(rawValue: 15), to: group),
      .registerWebhook(
        on: .group(group), for: [.memberAdded, .textMessageCreated], callbackURL: "https://a.example/h",
        callbackToken: "t", callbackContext: "c", validity: time),
      .registerWebhook(
        on: .action("a", in: GroupID(rawValue: 5)), for: [], callbackURL: "", callbackToken: "", callbackContext: "",
        validity: nil),
      .registerWebhook(
        on: .actionPackage("a", in: GroupID(rawValue: 5)), for: [], callbackURL: "", callbackToken: "",
        callbackContext: "", validity: nil),
      .update(
        WebhookID(rawValue: 16), eventTypes: [.memberRemoved], callbackURL: "https://a.example/h", callbackToken: nil,
        callbackContext: "", validity: time, isActive: true),
      .update(
        WebhookID(rawValue: 16), eventTypes: nil, callbackURL: nil, callbackToken: nil, callbackContext: nil,
        validity: nil, isActive: false),
      .disable(WebhookID(rawValue: 16), reason: "floods"), .delete(WebhookID(rawValue: 16)),
      EnableWebhook(webhook: WebhookID(rawValue: 16), requester: requester).encoding,
      RefuseAuthorization(
        connector: connector, account: account, redirectURI: "https://a.example/", scopes: [.mediaRead]
      ).encoding,
      RequestEncoding(.rotateMasterKey),
      AcceptInvitation(membership, by: account).encoding,
      ReviewGrant(grant: GrantID(rawValue: 11), decision: .keep, reason: "used", requester: requester).encoding,
      .erase(account), .erase(person: [UInt8](repeating: 7, count: 16)),
      .configure(Oversight(namesOperators: true, guarded: [.keys, .erasure])), .configure(Oversight()),
      .rotate([.signing, .tokenMask], overlap: 86_400_000), .rotate([.lookup], overlap: nil),
      .drop(.derivation, below: 3), .rotateSigningKey(to: nil), .rotateSigningKey(to: [UInt8](repeating: 9, count: 32)),
      .rotateMasterKey(to: nil), .rotateMasterKey(to: "8d0cd1c6b4a2f9e0"),
      RegisterNamespace(name: "com.example.billing", types: ["invoice.paid"], requester: requester).encoding,
      .append(customEvent, []),
      .append(customEvent, [PersonalField("payer", of: account, "Ada")]),
      AttachSubgroups([group, GroupID(rawValue: 17)], to: other, requester: requester).encoding,
    ]
  }

  /// A line a request: the command, the version, and the bytes. With `CREDLEDGER_WRITE_GOLDEN=1` a missing file is
  /// written; one that is there only grows.
  @Test("Each command's encoding is what it always was") func eachCommands() throws {
    let samples = try Self.samples()
    let text = samples.map { "\($0.name) \($0.bytes[0]) \(Hex.encode($0.bytes))\n" }.joined()
    if unsafe getenv("CREDLEDGER_WRITE_GOLDEN") != nil, unsafe access(Self.golden, F_OK) != 0 {
      try FileBytes.write(Array(text.utf8), to: Self.golden)
    }
    let golden = String(decoding: try FileBytes.read(Self.golden), as: UTF8.self)
    #expect(golden == text)
    #expect(Set(samples.map(\.name)) == Set(RequestName.allCases.map(\.rawValue)))
    #expect(Set(samples.map(\.bytes)).count == samples.count)
  }

  @Test("Nothing that moved from one field to another runs together") func nothingMoved() {
    let fields: [[RequestField]] = [
      [.text("ab"), .text("c")], [.text("a"), .text("bc")], [.text("abc")], [.text("abc"), .none],
      [.list([.text("ab"), .text("c")])], [.list([.text("ab")]), .text("c")],
      [.list([.list([.text("ab")]), .text("c")])],
      [.bytes(Array("abc".utf8))], [.number(1), .number(0)], [.number(0), .number(1)], [.none], [.list([])],
      [.text("")],
      [],
    ]
    #expect(Set(fields.map { RequestField.list($0).bytes }).count == fields.count)
    #expect(Set(fields.map { $0.flatMap(\.bytes) }).count == fields.count)
  }
}

extension RequestEncoding {
  fileprivate var name: String { String(decoding: bytes.dropFirst(2).prefix(Int(bytes[1])), as: UTF8.self) }
}
